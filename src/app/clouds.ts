/** A cloud, named as Azure's own tools name it. */
export type CloudName = "AzureCloud" | "AzureUSGovernment" | "AzureChinaCloud";

/** What differs between clouds, as constants: no setting can send a token for one service to another. */
export type Cloud = {
  /** Where service principals prove who they are. */
  readonly authorityHost: string;
  /** What the names of storage endpoints end with. */
  readonly storageSuffix: string;
  /** What tokens are asked for, by kind of store; a store that a cloud never had is absent. */
  readonly scopes: {
    readonly "adls-gen1"?: string;
    readonly "adls-gen2": string;
  };
};

// One audience for storage in every cloud, whatever its endpoints are called.
const storage = "https://storage.azure.com/.default";

/** The clouds by name. */
export const clouds: Readonly<Record<CloudName, Cloud>> = {
  AzureCloud: {
    authorityHost: "https://login.microsoftonline.com",
    storageSuffix: "core.windows.net",
    // Two slashes: the audience itself ends with one.
    scopes: { "adls-gen1": "https://datalake.azure.net//.default", "adls-gen2": storage },
  },
  AzureUSGovernment: {
    authorityHost: "https://login.microsoftonline.us",
    storageSuffix: "core.usgovcloudapi.net",
    scopes: { "adls-gen2": storage },
  },
  AzureChinaCloud: {
    authorityHost: "https://login.chinacloudapi.cn",
    storageSuffix: "core.chinacloudapi.cn",
    scopes: { "adls-gen2": storage },
  },
};
