// What the app remembers: the host's own blobs, the task hub, the rows and journals of runs, and the package it runs from.
// Apart from the lake, so that nobody who may read the lake reads this, and the other way round.

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
@allowed(['Standard_LRS', 'Standard_ZRS'])
param sku string

@description('True: reached by private endpoints only.')
param isPrivate bool

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: accountName
  location: location
  tags: tags
  // No hierarchical namespace: hosts and task hubs want plain blobs.
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
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
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: 'package'
  properties: {
    publicAccess: 'None'
  }
}

@description('Name of the storage account.')
output accountName string = account.name

@description('Resource id of the storage account.')
output accountId string = account.id

@description('Endpoint of its blobs.')
output blobEndpoint string = account.properties.primaryEndpoints.blob

@description('Endpoint of its queues.')
output queueEndpoint string = account.properties.primaryEndpoints.queue

@description('Endpoint of its tables.')
output tableEndpoint string = account.properties.primaryEndpoints.table

@description('Where the package is put.')
output packageContainerUrl string = '${account.properties.primaryEndpoints.blob}${packages.name}'
