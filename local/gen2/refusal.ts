/** An expected failure: what the service answers instead of doing the request. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly code: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RefusalCode, detail?: string, headers: Readonly<Record<string, string>> = {}) {
    const [status, message] = refusals[code];
    super(detail ?? message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Codes in the words of the DFS protocol where both protocols have one. */
export type RefusalCode = keyof typeof refusals;

/** The code under which the Blob protocol reports the same failure. */
export function blobCode(code: RefusalCode): string {
  return blobCodes[code] ?? code;
}

const refusals = {
  AuthenticationFailed: [
    403,
    "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly.",
  ],
  AuthorizationPermissionMismatch: [
    403,
    "This request is not authorized to perform this operation using this permission.",
  ],
  ConditionNotMet: [412, "The condition specified using HTTP conditional header(s) is not met."],
  Crc64Mismatch: [
    400,
    "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.",
  ],
  DirectoryNotEmpty: [409, "This operation is not permitted on a non-empty directory."],
  FilesystemAlreadyExists: [409, "The specified filesystem already exists."],
  FilesystemNotFound: [404, "The specified filesystem does not exist."],
  InvalidAuthenticationInfo: [
    401,
    "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
  ],
  InvalidAppendOperation: [
    409,
    "The resource was created or modified by the Blob Service API and cannot be appended to by the Data Lake Storage Service API.",
  ],
  InvalidBlobOrBlock: [400, "The specified blob or block content is invalid."],
  InvalidBlockList: [400, "The specified block list is invalid."],
  InvalidFlushOperation: [
    409,
    "The resource was created or modified by the Blob Service API and cannot be written to by the Data Lake Storage Service API.",
  ],
  InvalidFlushPosition: [
    400,
    "The uploaded data is not contiguous or the position query parameter value is not equal to the length of the file after appending the uploaded data.",
  ],
  InvalidHeaderValue: [400, "The value for one of the HTTP headers is not in the correct format."],
  InvalidInput: [400, "One of the request inputs is not valid."],
  InvalidQueryParameterValue: [400, "Value for one of the query parameters specified in the request URI is invalid."],
  InvalidRange: [416, "The range specified is invalid for the current size of the resource."],
  InvalidRenameSourcePath: [
    409,
    "The source directory cannot be the same as the destination directory, nor can the destination be a subdirectory of the source directory.",
  ],
  InvalidResourceName: [400, "The specifed resource name contains invalid characters."],
  InvalidSourceOrDestinationResourceType: [409, "The source and destination resource type must be identical."],
  InvalidSourceUri: [400, "The source URI is invalid."],
  InvalidUri: [400, "The request URI is invalid."],
  LeaseAlreadyPresent: [409, "There is already a lease present."],
  LeaseIdMismatch: [412, "The lease ID specified did not match the lease ID for the resource with the specified path."],
  LeaseIdMissing: [412, "There is currently a lease on the resource and no lease ID was specified in the request."],
  LeaseNotPresent: [412, "There is currently no lease on the resource."],
  Md5Mismatch: [
    400,
    "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
  ],
  MissingRequiredHeader: [400, "An HTTP header that's mandatory for this request is not specified."],
  MissingRequiredQueryParameter: [400, "A query parameter that's mandatory for this request is not specified."],
  KeyBasedAuthenticationNotPermitted: [403, "Key based authentication is not permitted on this storage account."],
  NoAuthenticationInformation: [
    401,
    "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
  ],
  NotModified: [304, "The condition specified using HTTP conditional header(s) is not met."],
  PathAlreadyExists: [409, "The specified path already exists."],
  PathConflict: [
    409,
    "The specified path, or an element of the path, exists and its resource type is invalid for this operation.",
  ],
  PathIsTooDeep: [409, "This operation is not permitted as the path is too deep."],
  PathNotFound: [404, "The specified path does not exist."],
  RenameDestinationParentPathNotFound: [404, "The parent directory of the destination path does not exist."],
  RequestBodyTooLarge: [413, "The request body is too large and exceeds the maximum permissible limit."],
  ResourceTypeMismatch: [409, "The operation specified is not permitted on the resource type."],
  SourceConditionNotMet: [412, "The source condition specified using HTTP conditional header(s) is not met."],
  SourcePathNotFound: [404, "The source path for a rename operation does not exist."],
  UnsupportedQueryParameter: [400, "One of the query parameters specified in the request URI is not supported."],
  UnsupportedRestVersion: [400, "The specified Rest Version is unsupported."],
} as const satisfies Readonly<Record<string, readonly [status: number, message: string]>>;

const blobCodes: Readonly<Partial<Record<RefusalCode, string>>> = {
  DirectoryNotEmpty: "DirectoryIsNotEmpty",
  FilesystemAlreadyExists: "ContainerAlreadyExists",
  FilesystemNotFound: "ContainerNotFound",
  PathAlreadyExists: "BlobAlreadyExists",
  PathNotFound: "BlobNotFound",
};
