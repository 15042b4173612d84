// The way between app, state and lake when it must not be the internet: a virtual network (or yours), private endpoints
// for the four services in use, and the names that lead to them.

@description('Region.')
@minLength(2)
param location string

@description('Tags of every resource.')
param tags object

@description('Name that all names here begin with.')
@minLength(2)
@maxLength(40)
param name string

@description('Address space of a new virtual network.')
@minLength(9)
@maxLength(18)
param prefix string

@description('Resource id of an existing subnet for the app; empty: a virtual network is made.')
@maxLength(500)
param integrationSubnetId string

@description('Resource id of an existing subnet for private endpoints.')
@maxLength(500)
param endpointSubnetId string

@description('True makes and links the private DNS zones.')
param isDnsOurs bool

@description('Resource id of the account that keeps the state.')
@minLength(10)
@maxLength(500)
param stateAccountId string

@description('Resource id of the Gen2 account.')
@minLength(10)
@maxLength(500)
param lakeAccountId string

var isNew = empty(integrationSubnetId)
var zoneSuffix = environment().suffixes.storage
var services = ['blob', 'queue', 'table', 'dfs']
var networkOfSubnet = split(integrationSubnetId, '/subnets/')[0]
var endpoints = [
  { target: stateAccountId, group: 'blob', name: 'state-blob' }
  { target: stateAccountId, group: 'queue', name: 'state-queue' }
  { target: stateAccountId, group: 'table', name: 'state-table' }
  { target: lakeAccountId, group: 'blob', name: 'lake-blob' }
  { target: lakeAccountId, group: 'dfs', name: 'lake-dfs' }
]

resource network 'Microsoft.Network/virtualNetworks@2025-01-01' = if (isNew) {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [prefix]
    }
    subnets: [
      {
        // No underscore: the plan doesn't take such a name.
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(prefix, 26, 0)
          delegations: [
            {
              name: 'app'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(prefix, 26, 1)
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }

  resource app 'subnets' existing = {
    name: 'app'
  }

  resource endpoints 'subnets' existing = {
    name: 'endpoints'
  }
}

var appSubnet = isNew ? network::app.id : integrationSubnetId
var privateSubnet = isNew ? network::endpoints.id : endpointSubnetId
var networkOfApp = isNew ? network.id : networkOfSubnet

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for service in services: if (isDnsOurs) {
    name: 'privatelink.${service}.${zoneSuffix}'
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (service, index) in services: if (isDnsOurs) {
    parent: zones[index]
    name: name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: networkOfApp
      }
    }
  }
]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2025-01-01' = [
  for endpoint in endpoints: {
    name: '${name}-${endpoint.name}'
    location: location
    tags: tags
    properties: {
      subnet: {
        id: privateSubnet
      }
      privateLinkServiceConnections: [
        {
          name: endpoint.name
          properties: {
            privateLinkServiceId: endpoint.target
            groupIds: [endpoint.group]
          }
        }
      ]
    }
  }
]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-01-01' = [
  for (endpoint, index) in endpoints: if (isDnsOurs) {
    parent: privateEndpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: endpoint.group
          properties: {
            privateDnsZoneId: zones[indexOf(services, endpoint.group)].id
          }
        }
      ]
    }
  }
]

@description('Resource id of the subnet of the app.')
output integrationSubnetId string = appSubnet

@description('Resource id of the subnet of private endpoints.')
output endpointSubnetId string = privateSubnet

@description('Resource id of the virtual network of the app.')
output networkId string = networkOfApp
