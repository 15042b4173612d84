/** What a resource of ours has to say, by type without version: the path of a property, and the values it may have. */
export const policies: Readonly<Record<string, Readonly<Record<string, readonly (string | boolean)[]>>>> = {
  "Microsoft.Storage/storageAccounts": {
    "properties.allowSharedKeyAccess": [false],
    "properties.defaultToOAuthAuthentication": [true],
    "properties.allowBlobPublicAccess": [false],
    "properties.allowCrossTenantReplication": [false],
    "properties.supportsHttpsTrafficOnly": [true],
    "properties.minimumTlsVersion": ["TLS1_2", "TLS1_3"],
    // Whichever of the two it is: a template that doesn't decide has decided for the open one.
    "properties.publicNetworkAccess": ["Enabled", "Disabled"],
    "properties.networkAcls.defaultAction": ["Allow", "Deny"],
  },
  "Microsoft.Storage/storageAccounts/blobServices/containers": { "properties.publicAccess": ["None"] },
  "Microsoft.Authorization/roleAssignments": { "properties.principalType": ["ServicePrincipal"] },
  "Microsoft.Web/serverfarms": { "properties.reserved": [true] },
  "Microsoft.Web/sites": {
    "identity.type": ["UserAssigned"],
    "properties.httpsOnly": [true],
    "properties.publicNetworkAccess": ["Enabled", "Disabled"],
    "properties.siteConfig.minTlsVersion": ["1.2", "1.3"],
    "properties.siteConfig.scmMinTlsVersion": ["1.2", "1.3"],
    "properties.siteConfig.ftpsState": ["Disabled"],
    "properties.siteConfig.scmIpSecurityRestrictionsUseMain": [true],
    "properties.functionAppConfig.deployment.storage.authentication.type": ["UserAssignedIdentity"],
  },
  "Microsoft.Web/sites/basicPublishingCredentialsPolicies": { "properties.allow": [false] },
  "Microsoft.Insights/components": { "properties.DisableLocalAuth": [true] },
  "Microsoft.OperationalInsights/workspaces": { "properties.features.disableLocalAuth": [true] },
};

/** The roles that may be given, and where. */
export const roles: Readonly<Record<string, readonly string[]>> = {
  // Storage Blob Data Owner: in the state account for good, in the lake for a time.
  "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": ["infra/access.bicep", "infra/elevated/sink.bicep"],
  // Storage Queue Data Contributor
  "974c5e8b-45b9-4653-ba55-5f855dd0fb88": ["infra/access.bicep"],
  // Storage Table Data Contributor
  "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": ["infra/access.bicep"],
  // Monitoring Metrics Publisher
  "3913510d-42f4-4e42-8a64-420c390055eb": ["infra/access.bicep"],
  // Storage Blob Data Contributor
  "ba92f5b4-2d11-453d-a403-e96b0029c9fe": ["infra/lake-access.bicep"],
  // Owner, which is what makes a super-user of a Gen1 account
  "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": ["infra/elevated/source.bicep"],
};

/** App settings that Flex Consumption doesn't take. */
export const refusedOnFlex: ReadonlySet<string> = new Set([
  "FUNCTIONS_WORKER_RUNTIME",
  "FUNCTIONS_WORKER_RUNTIME_VERSION",
  "FUNCTIONS_EXTENSION_VERSION",
  "FUNCTIONS_WORKER_PROCESS_COUNT",
  "WEBSITE_RUN_FROM_PACKAGE",
  "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
  "WEBSITE_CONTENTSHARE",
  "WEBSITE_CONTENTOVERVNET",
  "WEBSITE_NODE_DEFAULT_VERSION",
  "WEBSITE_TIME_ZONE",
  "SCM_DO_BUILD_DURING_DEPLOYMENT",
  "ENABLE_ORYX_BUILD",
]);

/** App settings that the host and its extensions read, and we don't. */
export const readByTheHost: ReadonlySet<string> = new Set([
  "AzureWebJobsStorage__queueServiceUri",
  "AzureWebJobsStorage__credential",
  "TaskHubName",
  "APPLICATIONINSIGHTS_CONNECTION_STRING",
  "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
  "AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions",
  // By the C library.
  "MALLOC_ARENA_MAX",
  "MALLOC_MMAP_THRESHOLD_",
]);
