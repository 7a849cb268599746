// Generated from the contract by `cargo run -p parlor-openapi -- generate`. Changes belong into `protocol`.

import type { ApiError, ErrorType } from "./types.js";

/** Every error type of this version with its HTTP status. */
export const statusOf = {
  /** Malformed JSON, a wrong type, a missing field, a bad id or query; every bad field is listed. */
  VALIDATION: 400,
  /** No token, or one that is forged, expired or revoked; also a failed login. */
  UNAUTHENTICATED: 401,
  /** A known caller who may not. */
  NOT_AUTHORIZED: 403,
  /** An unknown id or route, or something that the caller may not know to exist. */
  NOT_FOUND: 404,
  /** The path exists, but not with this method; with `Allow`. */
  METHOD_NOT_ALLOWED: 405,
  /** Taken, already a member, or an id that was used for something else. */
  CONFLICT: 409,
  /** A body over 64 KiB. */
  PAYLOAD_TOO_LARGE: 413,
  /** A body that is not JSON, or is compressed. */
  UNSUPPORTED_MEDIA_TYPE: 415,
  /** Too often; with `Retry-After`. */
  RATE_LIMIT: 429,
  /** A defect of the server; the cause is only in its log, under the request id. */
  SERVER_ERROR: 500,
  /** The database is out of reach, or the server is overloaded or shutting down; with `Retry-After`. */
  UNAVAILABLE: 503,
} as const satisfies Record<ErrorType, number>;

/** Whether `value` is one of the error types. */
export function isErrorType(value: unknown): value is ErrorType {
  return typeof value === "string" && Object.hasOwn(statusOf, value);
}

/** Whether `value` is a failure of the contract. */
export function isApiError(value: unknown): value is ApiError {
  return typeof value === "object" && value !== null && "type" in value && isErrorType(value.type);
}

/** For the `default` of a `switch` over error types: it does not compile while one of them is not handled. */
export function unhandled(type: never): never {
  throw new Error(`unhandled error type ${String(type)}`);
}
