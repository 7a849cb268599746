// The types for users of openapi-fetch. Another generator makes them, out of openapi.json: each must be the same as ours.
// `npm run check` fails when one is not.
import createClient from "openapi-fetch";
import type { components, paths } from "@parlor/client/openapi";
import type { ErrorType, Message } from "../src/types.js";
import type { Types } from "./schemas.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <_ extends true>() => {};

/** What happened is written out in its one place. */
type Schemas = Omit<components["schemas"], "Happening">;

/** A type with all that it is made of, so that `A & B` is compared by its fields. */
type Flat<T> = T extends object ? { [Field in keyof T]: Flat<T[Field]> } : T;

/** The names of the types that differ. */
type Different = {
  [Name in keyof Types]: Name extends keyof Schemas ? (Equal<Flat<Schemas[Name]>, Flat<Types[Name]>> extends true ? never : Name) : Name;
}[keyof Types];

yes<Equal<keyof Schemas, keyof Types>>();
yes<Equal<Different, never>>();

const roomId = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";

export async function calls() {
  const client = createClient<paths>({ baseUrl: "http://localhost:5000" });
  const path = { roomId };
  const { data, error } = await client.POST("/api/v1/rooms/{roomId}/messages", { params: { path }, body: { content: "hi" } });
  if (data) yes<Equal<Flat<typeof data.data>, Flat<Message>>>();
  if (error) yes<Equal<typeof error.type extends ErrorType ? true : false, true>>();
  await client.GET("/api/v1/rooms", { params: { query: { limit: 5 } } });
  // @ts-expect-error: no such path
  await client.GET("/api/v1/room");
  // @ts-expect-error: no such method of this path
  await client.DELETE("/api/v1/rooms");
  // @ts-expect-error: a field has another type
  await client.POST("/api/v1/rooms/{roomId}/messages", { params: { path }, body: { content: 5 } });
  // @ts-expect-error: the path is missing
  await client.GET("/api/v1/rooms/{roomId}");
}
