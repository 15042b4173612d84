// What the app may always do in the lake: read and write in the file systems that are named, and nowhere else. It
// can't change owners or ACLs with this; elevated.bicep is for that.

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

var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

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
    name: guid(account.id, fileSystem, principalId, blobDataContributor)
    scope: containers[index]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
      description: 'lakeferry: reads and writes files here'
    }
  }
]
