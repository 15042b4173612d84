/** Where the management API of one hub is found, and what callers must show there. */
export type Access = {
  readonly origin: string;
  readonly hubName: string;
  readonly systemKey: string;
  /** The path under which the client binding calls without a key; nobody else can know it. */
  readonly rpcPrefix: string;
};

/** Where Azure has the management API, too. */
export const webhookPath = "/runtime/webhooks/durabletask";

/** The management URLs of one instance, or of the placeholder that the client library replaces. */
export function managementUrls(access: Access, id: string): Record<string, string> {
  const instance = `${access.origin}${webhookPath}/instances/${id}`;
  const query = queryOf(access);
  return {
    id,
    statusQueryGetUri: `${instance}?${query}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${instance}?${query}`,
    restartPostUri: `${instance}/restart?${query}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${query}`,
    resumePostUri: `${instance}/resume?reason={text}&${query}`,
  };
}

/** What the durableClient input binding carries, as JSON text. */
export function clientPayload(access: Access): string {
  const base = `${access.origin}${webhookPath}`;
  const code = `code=${access.systemKey}`;
  const create = `${base}/orchestrators/{functionName}[/{instanceId}]?${code}`;
  return JSON.stringify({
    taskHubName: access.hubName,
    creationUrls: {
      createNewInstancePostUri: create,
      createAndWaitOnNewInstancePostUri: `${create}&timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}`,
    },
    managementUrls: managementUrls(access, "INSTANCEID"),
    baseUrl: base,
    requiredQueryStringParameters: code,
    rpcBaseUrl: `${access.origin}${access.rpcPrefix}/`,
  });
}

function queryOf({ hubName, systemKey }: Access): string {
  return `taskHub=${hubName}&connection=Storage&code=${systemKey}`;
}
