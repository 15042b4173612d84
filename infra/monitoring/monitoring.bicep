// What a person looks at: logs and metrics of the app in one workspace, a workbook over them, and alerts.

@description('Region.')
@minLength(2)
param location string

@description('Tags of every resource.')
param tags object

@description('Short name that all names here begin with.')
@minLength(2)
@maxLength(10)
param name string

@description('What makes the names here unique.')
@minLength(8)
@maxLength(13)
param suffix string

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('Who is told of alerts; empty: nobody.')
@maxLength(20)
param alertEmails array

@description('Share of requests that may be throttled before somebody is told, in percent.')
@minValue(1)
@maxValue(100)
param throttledPercentAlert int

@description('Failed names of one run before somebody is told.')
@minValue(1)
@maxValue(1000000)
param failuresAlert int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: '${name}-${suffix}'
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    features: {
      // Whoever may read a resource may read its logs, and no shared key writes any.
      enableLogAccessUsingOnlyResourcePermissions: true
      disableLocalAuth: true
    }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: '${name}-${suffix}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    // Telemetry is taken from identities only, so that the connection string opens nothing.
    DisableLocalAuth: true
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(component.id, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'lakeferry: migrations'
    category: 'workbook'
    serializedData: loadTextContent('workbook.json')
    sourceId: component.id
  }
}

module alerts 'alerts.bicep' = {
  name: 'alerts'
  params: {
    location: location
    tags: tags
    name: name
    componentId: component.id
    emails: alertEmails
    throttledPercent: throttledPercentAlert
    failures: failuresAlert
  }
}

@description('Name of the Application Insights component.')
output componentName string = component.name

@description('Where telemetry goes.')
output connectionString string = component.properties.ConnectionString
