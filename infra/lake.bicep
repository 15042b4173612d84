// A new Gen2 account, with the file systems that the app may write to.

@description('Region.')
@minLength(2)
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the storage account.')
@minLength(3)
@maxLength(24)
param accountName string

@description('Redundancy.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_RAGRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param sku string

@description('Access tier.')
@allowed(['Hot', 'Cool'])
param accessTier string

@description('Days that deleted files can be brought back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int

@description('Names of the file systems.')
@minLength(1)
@maxLength(50)
param fileSystems array

@description('True: reached by private endpoints only.')
param isPrivate bool

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: accountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    // Can't be changed later: it is what makes the account a Gen2 lake.
    isHnsEnabled: true
    accessTier: accessTier
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    // No versioning: accounts with a hierarchical namespace don't have it.
    deleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for fileSystem in fileSystems: {
    parent: blobs
    name: fileSystem
    properties: {
      publicAccess: 'None'
    }
  }
]

@description('Name of the storage account.')
output accountName string = account.name
