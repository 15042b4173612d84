// The rights that only a copy with owners and ACLs needs: owner of the sink's file systems, super-user of the source.
// Deployed as a deployment stack of its own with --action-on-unmanage deleteResources. `elevated=false` then leaves the
// stack without these grants, and the stack takes them away; nothing else is in it that could be lost.
targetScope = 'resourceGroup'

metadata description = 'lakeferry: rights that are only needed while owners and ACLs are carried over.'

@description('True gives the rights, false takes them away.')
param elevated bool

@description('Object id of the app\'s identity: output principalId of main.bicep.')
@minLength(36)
@maxLength(36)
param principalId string

@description('Name of the Gen2 account.')
@minLength(3)
@maxLength(24)
param lakeAccountName string

@description('Resource group of the Gen2 account.')
@minLength(1)
@maxLength(90)
param lakeResourceGroup string = resourceGroup().name

@description('Subscription of the Gen2 account.')
@minLength(36)
@maxLength(36)
param lakeSubscriptionId string = subscription().subscriptionId

@description('File systems whose owner the app becomes.')
@minLength(1)
@maxLength(50)
param fileSystems array

@description('Name of the Gen1 account; empty: nothing is granted there.')
@maxLength(24)
param sourceAccountName string = ''

@description('Resource group of the Gen1 account.')
@minLength(1)
@maxLength(90)
param sourceResourceGroup string = resourceGroup().name

@description('Subscription of the Gen1 account.')
@minLength(36)
@maxLength(36)
param sourceSubscriptionId string = subscription().subscriptionId

module sink 'elevated/sink.bicep' = if (elevated) {
  name: 'elevated-sink'
  scope: resourceGroup(lakeSubscriptionId, lakeResourceGroup)
  params: {
    principalId: principalId
    accountName: lakeAccountName
    fileSystems: fileSystems
  }
}

module source 'elevated/source.bicep' = if (elevated && !empty(sourceAccountName)) {
  name: 'elevated-source'
  scope: resourceGroup(sourceSubscriptionId, sourceResourceGroup)
  params: {
    principalId: principalId
    accountName: sourceAccountName
  }
}
