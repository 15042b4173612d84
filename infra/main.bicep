// Everything that lakeferry needs on Azure, but for the rights of a first copy with ACLs: those are in elevated.bicep,
// a deployment stack of its own, so that taking them away never touches anything else.
targetScope = 'resourceGroup'

metadata description = 'lakeferry: moves a data lake from Azure Data Lake Storage Gen1 to Gen2.'

@description('Region of everything that is made here. Instances should stand beside the lakes: traffic between regions is slow and billed.')
@minLength(2)
param location string = resourceGroup().location

@description('Short name that all names of resources begin with; lower-case letters and digits.')
@minLength(2)
@maxLength(10)
param name string = 'lakeferry'

@description('Tags of every resource.')
param tags object = {}

// --- application -----------------------------------------------------------------------------------------------------

@description('Node.js of the instances: 24 is what lakeferry is tested on, 22 is for regions that have no 24 yet.')
@allowed(['24', '22'])
param nodeVersion string = '24'

@description('Memory of one instance in MB. 2048 comes with one core, 4096 with two.')
@allowed([2048, 4096])
param instanceMemoryMB int = 2048

@description('Most instances the plan may add. It bounds cost and takes cores from the regional quota: 2 GB is one core.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances for orchestrations and activities that never go away. Billed round the clock: 1 or more while a migration runs, 0 afterwards.')
@minValue(0)
@maxValue(40)
param alwaysReadyDurable int = 1

@description('Slices of work that one instance does at the same time.')
@minValue(1)
@maxValue(64)
param slicesPerInstance int = 10

@description('Addresses that may call the API, as 203.0.113.0/24; empty: any. Keys are asked for all the same.')
@maxLength(50)
param allowedCallers array = []

@description('Client id of the Entra application that signs callers in (Easy Auth); empty: function keys only.')
@maxLength(36)
param easyAuthClientId string = ''

// --- source ----------------------------------------------------------------------------------------------------------

@description('Address of the Gen1 account, as https://contoso.<suffix of Gen1>.')
@minLength(12)
@maxLength(200)
param sourceEndpoint string

// --- sink ------------------------------------------------------------------------------------------------------------

@description('True makes the Gen2 account here; false uses one that exists, and only gives the app its roles there.')
param isLakeNew bool = true

@description('Name of the Gen2 account; empty with a new one: a name is made up.')
@maxLength(24)
param lakeAccountName string = ''

@description('Resource group of the Gen2 account, where it exists already.')
@minLength(1)
@maxLength(90)
param lakeResourceGroup string = resourceGroup().name

@description('Subscription of the Gen2 account, where it exists already.')
@minLength(36)
@maxLength(36)
param lakeSubscriptionId string = subscription().subscriptionId

@description('File systems that the app may write to. They are made in a new account and have to exist in an old one.')
@minLength(1)
@maxLength(50)
param fileSystems array = ['lake']

@description('Redundancy of a new Gen2 account.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_RAGRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param lakeSku string = 'Standard_ZRS'

@description('Access tier of a new Gen2 account.')
@allowed(['Hot', 'Cool'])
param lakeAccessTier string = 'Hot'

@description('Days that deleted files of a new Gen2 account can be brought back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int = 7

// --- state -----------------------------------------------------------------------------------------------------------

@description('Redundancy of the account that keeps the state of runs, the task hub and the package.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param stateSku string = 'Standard_ZRS'

// --- network ---------------------------------------------------------------------------------------------------------

@description('True puts the app into a virtual network and reaches state and sink by private endpoints only.')
param isPrivate bool = false

@description('False closes the API to the internet: it is then reached by a private endpoint in the virtual network. Needs isPrivate.')
param isApiPublic bool = true

@description('Address space of a new virtual network.')
@minLength(9)
@maxLength(18)
param networkPrefix string = '10.71.0.0/24'

@description('Resource id of an existing subnet for the app, /27 or larger and delegated to Microsoft.App/environments; empty: a virtual network is made.')
@maxLength(500)
param integrationSubnetId string = ''

@description('Resource id of an existing subnet for private endpoints, given together with integrationSubnetId.')
@maxLength(500)
param endpointSubnetId string = ''

@description('True makes the private DNS zones and links them to a new virtual network; false where a policy of yours registers private endpoints.')
param isDnsOurs bool = true

// --- monitoring ------------------------------------------------------------------------------------------------------

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Who is told of alerts; empty: alerts show in the portal only.')
@maxLength(20)
param alertEmails array = []

@description('Share of requests to a store that may be throttled before somebody is told, in percent.')
@minValue(1)
@maxValue(100)
param throttledPercentAlert int = 10

@description('Failed names of one run before somebody is told.')
@minValue(1)
@maxValue(1000000)
param failuresAlert int = 100

var suffix = uniqueString(resourceGroup().id, name)
var lakeName = empty(lakeAccountName) ? take('${name}lake${suffix}', 24) : lakeAccountName

module monitoring 'monitoring/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    location: location
    tags: tags
    name: name
    suffix: suffix
    retentionDays: logRetentionDays
    alertEmails: alertEmails
    throttledPercentAlert: throttledPercentAlert
    failuresAlert: failuresAlert
  }
}

module state 'state.bicep' = {
  name: 'state'
  params: {
    location: location
    tags: tags
    accountName: take('${name}st${suffix}', 24)
    sku: stateSku
    isPrivate: isPrivate
  }
}

module lake 'lake.bicep' = if (isLakeNew) {
  name: 'lake'
  params: {
    location: location
    tags: tags
    accountName: lakeName
    sku: lakeSku
    accessTier: lakeAccessTier
    softDeleteDays: softDeleteDays
    fileSystems: fileSystems
    isPrivate: isPrivate
  }
}

module access 'access.bicep' = {
  name: 'access'
  params: {
    location: location
    tags: tags
    identityName: '${name}-${suffix}'
    stateAccountName: state.outputs.accountName
    componentName: monitoring.outputs.componentName
  }
}

module lakeAccess 'lake-access.bicep' = {
  name: 'lake-access'
  scope: resourceGroup(lakeSubscriptionId, lakeResourceGroup)
  params: {
    principalId: access.outputs.principalId
    accountName: lakeName
    fileSystems: fileSystems
  }
  dependsOn: [lake]
}

module network 'network.bicep' = if (isPrivate) {
  name: 'network'
  params: {
    location: location
    tags: tags
    name: '${name}-${suffix}'
    prefix: networkPrefix
    integrationSubnetId: integrationSubnetId
    endpointSubnetId: endpointSubnetId
    isDnsOurs: isDnsOurs
    stateAccountId: state.outputs.accountId
    lakeAccountId: resourceId(lakeSubscriptionId, lakeResourceGroup, 'Microsoft.Storage/storageAccounts', lakeName)
  }
  dependsOn: [lake]
}

module application 'application.bicep' = {
  name: 'application'
  params: {
    location: location
    tags: tags
    name: '${name}-${suffix}'
    taskHubName: '${name}${take(suffix, 8)}'
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyDurable: alwaysReadyDurable
    slicesPerInstance: slicesPerInstance
    allowedCallers: allowedCallers
    isPublic: isApiPublic
    easyAuthClientId: easyAuthClientId
    identityId: access.outputs.identityId
    identityClientId: access.outputs.clientId
    stateBlobEndpoint: state.outputs.blobEndpoint
    stateQueueEndpoint: state.outputs.queueEndpoint
    stateTableEndpoint: state.outputs.tableEndpoint
    packageContainerUrl: state.outputs.packageContainerUrl
    connectionString: monitoring.outputs.connectionString
    subnetId: isPrivate ? network!.outputs.integrationSubnetId : ''
    sourceEndpoint: sourceEndpoint
    sinkEndpoint: 'https://${lakeName}.dfs.${environment().suffixes.storage}'
    isSinkPrivate: isPrivate
  }
  // A first start without its roles would fail, and without its endpoints it would find nothing.
  dependsOn: [lakeAccess]
}

module apiEndpoint 'private-endpoint.bicep' = if (isPrivate && !isApiPublic) {
  name: 'api-endpoint'
  params: {
    location: location
    tags: tags
    name: '${name}-${suffix}-api'
    targetId: application.outputs.siteId
    groupId: 'sites'
    subnetId: network!.outputs.endpointSubnetId
    zoneName: 'privatelink.${application.outputs.domain}'
    networkId: network!.outputs.networkId
    isDnsOurs: isDnsOurs
  }
}

@description('The API.')
output apiUrl string = 'https://${application.outputs.hostName}/api'

@description('Name of the function app, for deploying and for keys.')
output functionAppName string = application.outputs.siteName

@description('Object id of the app\'s identity: what elevated.bicep and the ACLs of the source name.')
output principalId string = access.outputs.principalId

@description('Client id of the app\'s identity.')
output clientId string = access.outputs.clientId

@description('Name of the Gen2 account.')
output lakeAccountName string = lakeName

@description('The file systems of the Gen2 account that the app may write to.')
output fileSystems array = fileSystems

@description('Name of the account that keeps the state.')
output stateAccountName string = state.outputs.accountName
