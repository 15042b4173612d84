import type { LakePath } from "./path.ts";

/** Where one lake's paths are, as its clients write them: a scheme, who serves it, and what stands before the path. */
export type LakeUrl = (path: LakePath) => string;

/** How clients of Gen1 write a path, given the endpoint of its connection. */
export function adlUrl(endpoint: string): LakeUrl {
  const { host } = new URL(endpoint);
  return (path) => `adl://${host}${path}`;
}

/** How clients of Gen2 write a path of a file system, given the endpoint of its connection. */
export function abfssUrl(endpoint: string, fileSystem: string): LakeUrl {
  const { host } = new URL(endpoint);
  return (path) => `abfss://${fileSystem}@${host}${path}`;
}
