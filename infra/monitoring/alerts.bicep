// When somebody has to be told. Every rule reads the app's own events and metrics, which are never sampled.

@description('Region.')
@minLength(2)
param location string

@description('Tags of every resource.')
param tags object

@description('Short name that all names here begin with.')
@minLength(2)
@maxLength(10)
param name string

@description('Resource id of the Application Insights component.')
@minLength(10)
@maxLength(500)
param componentId string

@description('Who is told; empty: alerts show in the portal only.')
@maxLength(20)
param emails array

@description('Share of requests that may be throttled, in percent.')
@minValue(1)
@maxValue(100)
param throttledPercent int

@description('Failed names of one run.')
@minValue(1)
@maxValue(1000000)
param failures int

var rules = [
  {
    key: 'run-failed'
    title: 'lakeferry: a migration failed'
    text: 'A run ended as Failed, or could not be started. GET /api/migrations/{id} says why in "error".'
    severity: 1
    frequency: 'PT5M'
    window: 'PT5M'
    query: loadTextContent('alerts/run-failed.kql')
  }
  {
    key: 'run-stalled'
    title: 'lakeferry: a migration stalled'
    text: 'A run was given up because waves moved nothing, or its orchestration was lost and started again.'
    severity: 1
    frequency: 'PT5M'
    window: 'PT10M'
    query: loadTextContent('alerts/run-stalled.kql')
  }
  {
    key: 'no-progress'
    title: 'lakeferry: no progress for 30 minutes'
    text: 'A run is live and has listed, copied and failed nothing for 30 minutes.'
    severity: 2
    frequency: 'PT10M'
    window: 'PT30M'
    query: loadTextContent('alerts/no-progress.kql')
  }
  {
    key: 'failures'
    title: 'lakeferry: many names fail'
    text: 'More names of one run failed than you allowed. The journal has each with its reason: ?outcome=failed.'
    severity: 2
    frequency: 'PT10M'
    window: 'PT30M'
    query: replace(loadTextContent('alerts/failures.kql'), 'MOST', string(failures))
  }
  {
    key: 'throttled'
    title: 'lakeferry: a store throttles'
    text: 'A store refuses a large share of requests as too many. The app goes slower by itself; ask for a higher limit, or for fewer lanes.'
    severity: 3
    frequency: 'PT15M'
    window: 'PT15M'
    query: replace(loadTextContent('alerts/throttled.kql'), 'MOST', string(throttledPercent))
  }
  {
    key: 'schedule-missed'
    title: 'lakeferry: a scheduled run did not start'
    text: 'A schedule was due and no run of it was started.'
    severity: 2
    frequency: 'PT10M'
    window: 'PT30M'
    query: loadTextContent('alerts/schedule-missed.kql')
  }
]

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: '${name}-alerts'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: take(name, 12)
    emailReceivers: [
      for (email, index) in emails: {
        name: 'email-${index}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${name}-${rule.key}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.title
      description: rule.text
      enabled: true
      severity: rule.severity
      scopes: [componentId]
      evaluationFrequency: rule.frequency
      windowSize: rule.window
      autoMitigate: true
      // Tables that nothing was written to yet don't exist; the rule is made all the same.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: empty(emails) ? [] : [group.id]
      }
    }
  }
]
