// Super-user of a Gen1 account: reads every file, whatever its ACL says. Gen1 has no data role; the management role Owner
// is what makes a super-user there, and it also lets its holder give rights. Hence: for a time.

@description('Object id of the app\'s identity.')
@minLength(36)
@maxLength(36)
param principalId string

@description('Name of the Gen1 account.')
@minLength(3)
@maxLength(24)
param accountName string

var owner = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'

resource account 'Microsoft.DataLakeStore/accounts@2016-11-01' existing = {
  name: accountName
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, owner)
  scope: account
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', owner)
    description: 'lakeferry, for a time: reads everything, ACLs included'
  }
}
