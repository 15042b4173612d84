// A private endpoint for one service that isn't storage, with its zone.

@description('Region.')
@minLength(2)
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the endpoint.')
@minLength(2)
@maxLength(64)
param name string

@description('Resource id of what it leads to.')
@minLength(10)
@maxLength(500)
param targetId string

@description('Which of its services.')
@allowed(['sites'])
param groupId string

@description('Resource id of the subnet it stands in.')
@minLength(10)
@maxLength(500)
param subnetId string

@description('Name of the private DNS zone.')
@minLength(3)
@maxLength(200)
param zoneName string

@description('Resource id of the virtual network that the zone is linked to.')
@minLength(10)
@maxLength(500)
param networkId string

@description('True makes and links the private DNS zone.')
param isDnsOurs bool

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = if (isDnsOurs) {
  name: zoneName
  location: 'global'
  tags: tags
}

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = if (isDnsOurs) {
  parent: zone
  name: name
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networkId
    }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2025-01-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: groupId
        properties: {
          privateLinkServiceId: targetId
          groupIds: [groupId]
        }
      }
    ]
  }
}

resource zoneGroup 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-01-01' = if (isDnsOurs) {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: groupId
        properties: {
          privateDnsZoneId: zone.id
        }
      }
    ]
  }
}
