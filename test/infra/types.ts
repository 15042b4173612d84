// The resource types that the templates use, as far as they use them: knowledge of Azure's API, written down with the
// library that Bicep's own type system is made with. What isn't in here can't stand in a template.
import {
  type ObjectTypeProperty,
  ObjectTypePropertyFlags,
  ScopeType,
  TypeFactory,
  type TypeReference,
} from "bicep-types";

const factory = new TypeFactory();
const { Required, ReadOnly, DeployTimeConstant, Identifier, None } = ObjectTypePropertyFlags;

const any = factory.addAnyType();
const text = factory.addStringType();
const flag = factory.addBooleanType();
const count = (min?: number, max?: number) => factory.addIntegerType(min, max);
const oneOf = (...values: readonly string[]) =>
  factory.addUnionType(values.map((value) => factory.addStringLiteralType(value)));
const list = (item: TypeReference, max?: number) => factory.addArrayType(item, undefined, max);

type Property = readonly [type: TypeReference, flags: ObjectTypePropertyFlags];
const must = (type: TypeReference): Property => [type, Required];
const may = (type: TypeReference): Property => [type, None];
const told = (type: TypeReference): Property => [type, ReadOnly];

function object(properties: Readonly<Record<string, Property>>, others?: TypeReference): TypeReference {
  const described = Object.entries(properties).map(([name, [type, flags]]): [string, ObjectTypeProperty] => [
    name,
    { type, flags },
  ]);
  return factory.addObjectType("", Object.fromEntries(described), others);
}

/** Every type by "<type>@<version>". */
export const resourceTypes = new Map<string, TypeReference>();
/** The types that carry tags. */
export const taggable = new Set<string>();
/** The types that are only ever referred to. */
export const existingOnly = new Set<string>();

function resource(
  type: string,
  versions: readonly string[],
  body: Readonly<Record<string, Property>>,
  traits: { readonly hasLocation?: boolean; readonly isExtension?: boolean; readonly isExistingOnly?: boolean } = {},
): void {
  const isChild = type.split("/").length > 2;
  const reference = object({
    id: [text, ReadOnly],
    type: [text, ReadOnly],
    apiVersion: [text, ReadOnly],
    name: [text, Required | DeployTimeConstant | Identifier],
    dependsOn: may(list(any)),
    ...(isChild ? { parent: may(any) } : {}),
    ...(traits.isExtension === true ? { scope: may(any) } : {}),
    ...(traits.hasLocation === true ? { location: must(text), tags: may(any) } : {}),
    ...body,
  });
  for (const version of versions) {
    const key = `${type}@${version}`;
    factory.addResourceType(key, reference, ScopeType.ResourceGroup, ScopeType.ResourceGroup);
    resourceTypes.set(key, reference);
    if (traits.hasLocation === true) taggable.add(key);
    if (traits.isExistingOnly === true) existingOnly.add(key);
  }
}

/** The type behind a reference. */
export function typeOf(reference: TypeReference) {
  return factory.lookupType(reference);
}

const sku = (...names: readonly string[]) => object({ name: must(oneOf(...names)), tier: may(text) });
const redundancies = ["LRS", "ZRS", "GRS", "RAGRS", "GZRS", "RAGZRS"].map((kind) => `Standard_${kind}`);
const placed = { hasLocation: true };
const storage = ["2025-06-01"];
const web = ["2025-03-01"];
const network = ["2025-01-01"];

resource(
  "Microsoft.Storage/storageAccounts",
  storage,
  {
    kind: must(oneOf("StorageV2", "BlockBlobStorage")),
    sku: must(sku(...redundancies)),
    properties: may(
      object({
        isHnsEnabled: [flag, DeployTimeConstant],
        accessTier: may(oneOf("Hot", "Cool", "Cold")),
        allowSharedKeyAccess: may(flag),
        defaultToOAuthAuthentication: may(flag),
        allowBlobPublicAccess: may(flag),
        allowCrossTenantReplication: may(flag),
        minimumTlsVersion: may(oneOf("TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3")),
        supportsHttpsTrafficOnly: may(flag),
        publicNetworkAccess: may(oneOf("Enabled", "Disabled", "SecuredByPerimeter")),
        networkAcls: may(
          object({
            defaultAction: must(oneOf("Allow", "Deny")),
            bypass: may(oneOf("None", "AzureServices", "Logging", "Metrics")),
          }),
        ),
        primaryEndpoints: told(object({ blob: told(text), dfs: told(text), queue: told(text), table: told(text) })),
        provisioningState: told(text),
        creationTime: told(text),
      }),
    ),
  },
  placed,
);

const retention = object({ enabled: may(flag), days: may(count(1, 365)), allowPermanentDelete: may(flag) });
resource("Microsoft.Storage/storageAccounts/blobServices", storage, {
  name: must(oneOf("default")),
  properties: may(
    object({
      deleteRetentionPolicy: may(retention),
      containerDeleteRetentionPolicy: may(retention),
      changeFeed: may(object({ enabled: may(flag) })),
    }),
  ),
});
resource("Microsoft.Storage/storageAccounts/blobServices/containers", storage, {
  properties: may(
    object({ publicAccess: may(oneOf("None", "Blob", "Container")), metadata: may(any), leaseState: told(text) }),
  ),
});

resource(
  "Microsoft.ManagedIdentity/userAssignedIdentities",
  ["2024-11-30"],
  { properties: told(object({ clientId: told(text), principalId: told(text), tenantId: told(text) })) },
  placed,
);

resource(
  "Microsoft.Authorization/roleAssignments",
  ["2022-04-01"],
  {
    properties: must(
      object({
        principalId: must(text),
        roleDefinitionId: must(text),
        principalType: may(oneOf("User", "Group", "ServicePrincipal", "ForeignGroup", "Device")),
        description: may(text),
        condition: may(text),
        conditionVersion: may(oneOf("2.0")),
        scope: told(text),
        createdOn: told(text),
      }),
    ),
  },
  { isExtension: true },
);

// Gen1: no new account can be made, so there is nothing to write.
resource("Microsoft.DataLakeStore/accounts", ["2016-11-01"], {}, { isExistingOnly: true });

resource(
  "Microsoft.Web/serverfarms",
  web,
  {
    kind: may(oneOf("functionapp")),
    sku: must(object({ name: must(oneOf("FC1")), tier: must(oneOf("FlexConsumption")) })),
    properties: must(object({ reserved: must(flag), zoneRedundant: may(flag), status: told(text) })),
  },
  placed,
);

const scale = object({
  instanceMemoryMB: must(count(512, 4096)),
  maximumInstanceCount: must(count(40, 1000)),
  alwaysReady: may(list(object({ name: must(text), instanceCount: must(count(0, 1000)) }))),
  triggers: may(object({ http: may(object({ perInstanceConcurrency: may(count(1, 1000)) })) })),
});
const packageStorage = object({
  type: must(oneOf("blobContainer")),
  value: must(text),
  authentication: must(
    object({
      type: must(oneOf("SystemAssignedIdentity", "UserAssignedIdentity", "StorageAccountConnectionString")),
      userAssignedIdentityResourceId: may(text),
      storageAccountConnectionStringName: may(text),
    }),
  ),
});
const restriction = object({
  name: may(text),
  ipAddress: may(text),
  action: may(oneOf("Allow", "Deny")),
  priority: may(count(1)),
  tag: may(oneOf("Default", "ServiceTag", "XffProxy")),
});
resource(
  "Microsoft.Web/sites",
  web,
  {
    kind: must(oneOf("functionapp,linux")),
    identity: must(
      object({
        type: must(oneOf("UserAssigned", "SystemAssigned", "SystemAssigned, UserAssigned")),
        userAssignedIdentities: may(any),
        principalId: told(text),
      }),
    ),
    properties: must(
      object({
        serverFarmId: must(text),
        httpsOnly: may(flag),
        publicNetworkAccess: may(oneOf("Enabled", "Disabled")),
        virtualNetworkSubnetId: may(text),
        // Flex Consumption takes few of the settings of a site; what the others had here, is in functionAppConfig.
        siteConfig: may(
          object({
            minTlsVersion: may(oneOf("1.0", "1.1", "1.2", "1.3")),
            scmMinTlsVersion: may(oneOf("1.0", "1.1", "1.2", "1.3")),
            ftpsState: may(oneOf("AllAllowed", "FtpsOnly", "Disabled")),
            http20Enabled: may(flag),
            ipSecurityRestrictions: may(list(restriction)),
            ipSecurityRestrictionsDefaultAction: may(oneOf("Allow", "Deny")),
            scmIpSecurityRestrictionsUseMain: may(flag),
          }),
        ),
        functionAppConfig: must(
          object({
            deployment: must(object({ storage: must(packageStorage) })),
            runtime: must(object({ name: must(oneOf("node")), version: must(oneOf("22", "24")) })),
            scaleAndConcurrency: must(scale),
          }),
        ),
        defaultHostName: told(text),
        state: told(text),
        outboundIpAddresses: told(text),
      }),
    ),
  },
  placed,
);
resource("Microsoft.Web/sites/basicPublishingCredentialsPolicies", web, {
  name: must(oneOf("ftp", "scm")),
  properties: must(object({ allow: must(flag) })),
});
resource("Microsoft.Web/sites/config", web, {
  name: must(oneOf("appsettings", "authsettingsV2")),
  properties: must(any),
});

/** The bodies of `sites/config`, by name: one type of resource, many shapes. */
export const siteConfigs: ReadonlyMap<string, TypeReference> = new Map([
  ["appsettings", object({}, text)],
  [
    "authsettingsV2",
    object({
      platform: must(object({ enabled: must(flag), runtimeVersion: may(text) })),
      globalValidation: must(
        object({
          requireAuthentication: must(flag),
          unauthenticatedClientAction: must(oneOf("RedirectToLoginPage", "AllowAnonymous", "Return401", "Return403")),
          excludedPaths: may(list(text)),
        }),
      ),
      httpSettings: may(object({ requireHttps: may(flag) })),
      identityProviders: may(
        object({
          azureActiveDirectory: may(
            object({
              enabled: may(flag),
              registration: must(object({ clientId: must(text), openIdIssuer: must(text) })),
              validation: may(object({ allowedAudiences: may(list(text)) })),
            }),
          ),
        }),
      ),
    }),
  ],
]);

const idOnly = object({ id: must(text) });
resource(
  "Microsoft.Network/virtualNetworks",
  network,
  {
    properties: must(
      object({
        addressSpace: must(object({ addressPrefixes: must(list(text)) })),
        subnets: may(
          list(
            object({
              name: must(text),
              properties: must(
                object({
                  addressPrefix: must(text),
                  delegations: may(
                    list(
                      object({
                        name: must(text),
                        properties: must(object({ serviceName: must(oneOf("Microsoft.App/environments")) })),
                      }),
                    ),
                  ),
                  privateEndpointNetworkPolicies: may(oneOf("Enabled", "Disabled")),
                }),
              ),
            }),
          ),
        ),
      }),
    ),
  },
  placed,
);
resource("Microsoft.Network/virtualNetworks/subnets", network, {}, { isExistingOnly: true });
resource(
  "Microsoft.Network/privateEndpoints",
  network,
  {
    properties: must(
      object({
        subnet: must(idOnly),
        privateLinkServiceConnections: must(
          list(
            object({
              name: must(text),
              properties: must(
                object({
                  privateLinkServiceId: must(text),
                  groupIds: must(list(oneOf("blob", "dfs", "queue", "table", "sites"), 1)),
                }),
              ),
            }),
          ),
        ),
        networkInterfaces: told(list(any)),
      }),
    ),
  },
  placed,
);
resource("Microsoft.Network/privateEndpoints/privateDnsZoneGroups", network, {
  properties: must(
    object({
      privateDnsZoneConfigs: must(
        list(object({ name: must(text), properties: must(object({ privateDnsZoneId: must(text) })) })),
      ),
    }),
  ),
});
resource("Microsoft.Network/privateDnsZones", ["2024-06-01"], { properties: may(object({})) }, placed);
resource(
  "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
  ["2024-06-01"],
  { properties: must(object({ registrationEnabled: must(flag), virtualNetwork: must(idOnly) })) },
  placed,
);

resource(
  "Microsoft.OperationalInsights/workspaces",
  ["2025-02-01"],
  {
    properties: must(
      object({
        sku: must(object({ name: must(oneOf("PerGB2018", "CapacityReservation")) })),
        retentionInDays: may(count(30, 730)),
        features: may(object({ enableLogAccessUsingOnlyResourcePermissions: may(flag), disableLocalAuth: may(flag) })),
        workspaceCapping: may(object({ dailyQuotaGb: may(any) })),
        customerId: told(text),
      }),
    ),
  },
  placed,
);
resource(
  "Microsoft.Insights/components",
  ["2020-02-02"],
  {
    kind: must(oneOf("web")),
    properties: must(
      object({
        Application_Type: must(oneOf("web", "other")),
        WorkspaceResourceId: must(text),
        IngestionMode: may(oneOf("LogAnalytics")),
        DisableLocalAuth: may(flag),
        ConnectionString: told(text),
        InstrumentationKey: told(text),
        AppId: told(text),
      }),
    ),
  },
  placed,
);
resource(
  "Microsoft.Insights/actionGroups",
  ["2023-01-01"],
  {
    properties: must(
      object({
        enabled: must(flag),
        groupShortName: must(factory.addStringType(undefined, 1, 12)),
        emailReceivers: may(
          list(object({ name: must(text), emailAddress: must(text), useCommonAlertSchema: may(flag) })),
        ),
      }),
    ),
  },
  placed,
);
const criterion = object({
  query: must(text),
  timeAggregation: must(oneOf("Average", "Count", "Maximum", "Minimum", "Total")),
  operator: must(oneOf("Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual")),
  threshold: must(count()),
  failingPeriods: may(
    object({ numberOfEvaluationPeriods: may(count(1, 6)), minFailingPeriodsToAlert: may(count(1, 6)) }),
  ),
});
resource(
  "Microsoft.Insights/scheduledQueryRules",
  ["2023-12-01"],
  {
    kind: may(oneOf("LogAlert", "LogToMetric")),
    properties: must(
      object({
        displayName: may(text),
        description: may(text),
        enabled: may(flag),
        severity: must(count(0, 4)),
        scopes: must(list(text)),
        evaluationFrequency: must(oneOf("PT5M", "PT10M", "PT15M", "PT30M", "PT1H")),
        windowSize: must(oneOf("PT5M", "PT10M", "PT15M", "PT30M", "PT1H", "PT2H")),
        autoMitigate: may(flag),
        skipQueryValidation: may(flag),
        criteria: must(object({ allOf: must(list(criterion)) })),
        actions: may(object({ actionGroups: may(list(text, 5)) })),
        isWorkspaceAlertsStorageConfigured: told(flag),
      }),
    ),
  },
  placed,
);
resource(
  "Microsoft.Insights/workbooks",
  ["2023-06-01"],
  {
    kind: must(oneOf("shared")),
    properties: must(
      object({
        displayName: must(text),
        category: must(oneOf("workbook")),
        serializedData: must(text),
        sourceId: may(text),
        version: may(text),
        timeModified: told(text),
      }),
    ),
  },
  placed,
);
