// Who the app is, and what it may do in its own resource group for as long as it exists.

@description('Region.')
@minLength(2)
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the identity.')
@minLength(3)
@maxLength(128)
param identityName string

@description('Name of the account that keeps the state.')
@minLength(3)
@maxLength(24)
param stateAccountName string

@description('Name of the Application Insights component.')
@minLength(1)
@maxLength(255)
param componentName string

// The Functions host keeps locks and keys in blobs and reads its package there, which takes the owner's role.
var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

// User-assigned: its rights outlive a function app that is made anew, and can be given before there is one.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: identityName
  location: location
  tags: tags
}

resource stateAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: stateAccountName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource stateRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [blobDataOwner, queueDataContributor, tableDataContributor]: {
    name: guid(stateAccount.id, identity.id, role)
    scope: stateAccount
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      description: 'lakeferry: host, task hub and state of runs'
    }
  }
]

resource telemetryRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, identity.id, metricsPublisher)
  scope: component
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    description: 'lakeferry: sends its telemetry with its identity, not with a key'
  }
}

@description('Resource id of the identity.')
output identityId string = identity.id

@description('Client id of the identity.')
output clientId string = identity.properties.clientId

@description('Object id of the identity.')
output principalId string = identity.properties.principalId
