// Owner of the data: sets owners, groups, permissions and ACLs in the file systems that are named.

@description('Object id of the app\'s identity.')
@minLength(36)
@maxLength(36)
param principalId string

@description('Name of the Gen2 account.')
@minLength(3)
@maxLength(24)
param accountName string

@description('Names of the file systems.')
@minLength(1)
@maxLength(50)
param fileSystems array

var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for fileSystem in fileSystems: {
    parent: blobs
    name: fileSystem
  }
]

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (fileSystem, index) in fileSystems: {
    name: guid(account.id, fileSystem, principalId, blobDataOwner)
    scope: containers[index]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataOwner)
      description: 'lakeferry, for a time: carries owners and ACLs over'
    }
  }
]
