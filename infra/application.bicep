// The function app: Flex Consumption on Linux, running the package under the app's identity.

@description('Region.')
@minLength(2)
param location string

@description('Tags of every resource.')
param tags object

@description('Name of plan and function app.')
@minLength(2)
@maxLength(43)
param name string

@description('Name of the task hub: letters and digits. It stays the same for as long as runs are under way.')
@minLength(3)
@maxLength(45)
param taskHubName string

@description('Node.js of the instances.')
@allowed(['24', '22'])
param nodeVersion string

@description('Memory of one instance in MB.')
@allowed([2048, 4096])
param instanceMemoryMB int

@description('Most instances the plan may add.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Instances for orchestrations and activities that never go away.')
@minValue(0)
@maxValue(40)
param alwaysReadyDurable int

@description('Slices of work that one instance does at the same time.')
@minValue(1)
@maxValue(64)
param slicesPerInstance int

@description('Addresses that may call the API; empty: any.')
@maxLength(50)
param allowedCallers array

@description('False: the API is reached by a private endpoint only.')
param isPublic bool

@description('Client id of the Entra application that signs callers in; empty: function keys only.')
@maxLength(36)
param easyAuthClientId string

@description('Resource id of the app\'s identity.')
@minLength(10)
@maxLength(500)
param identityId string

@description('Client id of the app\'s identity.')
@minLength(36)
@maxLength(36)
param identityClientId string

@description('Endpoint of the state\'s blobs.')
@minLength(12)
@maxLength(200)
param stateBlobEndpoint string

@description('Endpoint of the state\'s queues.')
@minLength(12)
@maxLength(200)
param stateQueueEndpoint string

@description('Endpoint of the state\'s tables.')
@minLength(12)
@maxLength(200)
param stateTableEndpoint string

@description('Container that the package is in.')
@minLength(12)
@maxLength(300)
param packageContainerUrl string

@description('Where telemetry goes. It names a place and opens nothing: the component takes identities only.')
@minLength(10)
@maxLength(1000)
param connectionString string

@description('Resource id of the subnet of the app; empty: no virtual network.')
@maxLength(500)
param subnetId string

@description('Address of the Gen1 account.')
@minLength(12)
@maxLength(200)
param sourceEndpoint string

@description('DFS endpoint of the Gen2 account.')
@minLength(12)
@maxLength(200)
param sinkEndpoint string

@description('True: the names of the sink have to lead to private addresses; preflight looks.')
param isSinkPrivate bool

var isEasyAuth = !empty(easyAuthClientId)

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'lakeferry' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: isPublic ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      ipSecurityRestrictions: [
        for (address, index) in allowedCallers: {
          name: 'caller-${index}'
          ipAddress: address
          action: 'Allow'
          priority: 100 + index
        }
      ]
      ipSecurityRestrictionsDefaultAction: empty(allowedCallers) ? 'Allow' : 'Deny'
      // Who may not call the app may not deploy to it either.
      scmIpSecurityRestrictionsUseMain: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'node'
        version: nodeVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        // All orchestrations and activities of an app scale as one group with this name.
        alwaysReady: alwaysReadyDurable == 0
          ? []
          : [
              {
                name: 'durable'
                instanceCount: alwaysReadyDurable
              }
            ]
      }
    }
  }
}

// User name and password of the publishing profile would be a second way in.
resource ftpPolicy 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scmPolicy 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: site
  name: 'appsettings'
  properties: {
    // State, task hub and the host's own locks. Endpoints in full, so that other clouds and custom names work.
    AzureWebJobsStorage__blobServiceUri: stateBlobEndpoint
    AzureWebJobsStorage__queueServiceUri: stateQueueEndpoint
    AzureWebJobsStorage__tableServiceUri: stateTableEndpoint
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    TaskHubName: taskHubName

    APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'

    // The one setting of the host that depends on where it runs; host.json has the others, docs/azure/deploy.md their reasons.
    // Slices wait for stores, not for the core; more at once than memory has buffers for would only wait for memory.
    AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions: string(slicesPerInstance)

    LakeSource__kind: 'adls-gen1'
    LakeSource__endpoint: sourceEndpoint
    LakeSource__credential: 'managedidentity'
    LakeSource__clientId: identityClientId

    LakeSink__kind: 'adls-gen2'
    LakeSink__endpoint: sinkEndpoint
    LakeSink__credential: 'managedidentity'
    LakeSink__clientId: identityClientId
    LakeSink__network: isSinkPrivate ? 'private' : 'public'

    Lakeferry__cloud: environment().name
    // The principal header is believed only where this says that the platform sets it.
    Lakeferry__easyAuth: isEasyAuth ? 'on' : 'off'
    // A quarter of the instance for files on their way; the rest is Node, the host and the sockets.
    Lakeferry__memoryMiB: string(instanceMemoryMB / 4)
    // Of glibc, which has a heap for each thread otherwise, most of it empty, and keeps in it the place of what was large.
    MALLOC_ARENA_MAX: '2'
    MALLOC_MMAP_THRESHOLD_: '262144'
  }
}

resource authentication 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: site
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: isEasyAuth
    }
    globalValidation: {
      requireAuthentication: isEasyAuth
      unauthenticatedClientAction: 'Return401'
      // One word for whoever watches over the app.
      excludedPaths: ['/api/health']
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: isEasyAuth
      ? {
          azureActiveDirectory: {
            enabled: true
            registration: {
              clientId: easyAuthClientId
              openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
            }
            validation: {
              allowedAudiences: ['api://${easyAuthClientId}', easyAuthClientId]
            }
          }
        }
      : {}
  }
  // Two configurations of one site at the same time get into each other's way.
  dependsOn: [settings]
}

var hostLabels = split(site.properties.defaultHostName, '.')

@description('Resource id of the function app.')
output siteId string = site.id

@description('Name of the function app.')
output siteName string = site.name

@description('Host name of the API.')
output hostName string = site.properties.defaultHostName

@description('Domain of function apps in this cloud.')
output domain string = '${hostLabels[length(hostLabels) - 2]}.${hostLabels[length(hostLabels) - 1]}'
