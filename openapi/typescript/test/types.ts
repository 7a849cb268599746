// What must not compile. `npm run check` fails when one of these does.
import { createApi, createSocket, unhandled, type DataOf, type ErrorsOf, type PayloadOf } from "../src/index.js";
import type { Message } from "../src/types.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <_ extends true>() => {};

yes<Equal<DataOf<"send_message">, Message>>();
yes<Equal<PayloadOf<"receive_message">, Message>>();

const socket = createSocket("http://localhost:5000", () => "token");
const roomId = "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90";

export async function sockets() {
  const answer = await socket.timeout(1000).emitWithAck("send_message", { roomId, content: "hi", requestId: "1" });
  // @ts-expect-error: the outcome must be looked at first
  answer.data;
  if (answer.ok) yes<Equal<typeof answer.data, Message>>();
  // @ts-expect-error: no such event
  socket.emit("send_mesage", { roomId, content: "hi" }, () => {});
  // @ts-expect-error: no such field
  socket.emit("send_message", { roomId, text: "hi" }, () => {});
  // @ts-expect-error: a field is missing
  socket.emit("send_message", { roomId }, () => {});
  // @ts-expect-error: no such event
  socket.on("message", () => {});
  // @ts-expect-error: an event from the server is not one to it
  socket.emit("receive_message", {});
  // @ts-expect-error: a message has no `text`
  socket.on("receive_message", (message) => message.text);
}

export async function calls() {
  const api = createApi("http://localhost:5000", () => "token");
  const message = await api("sendMessage", { path: { roomId }, body: { content: "hi" } });
  yes<Equal<typeof message, Message>>();
  const rooms = await api("listRooms");
  const more: string | null = rooms.nextCursor;
  await api("listRooms", { query: { limit: 5, cursor: more } });
  await api("markRead", { path: { roomId } });
  // @ts-expect-error: no such endpoint
  await api("sendMesage", { path: { roomId }, body: { content: "hi" } });
  // @ts-expect-error: the path is missing
  await api("sendMessage", { body: { content: "hi" } });
  // @ts-expect-error: the path is missing altogether
  await api("getRoom");
  // @ts-expect-error: a field has another type
  await api("sendMessage", { path: { roomId }, body: { content: 5 } });
  // @ts-expect-error: no such field in the query
  await api("listRooms", { query: { size: 5 } });
}

export function errors(type: ErrorsOf<"getRoom">) {
  switch (type) {
    case "VALIDATION":
    case "PAYLOAD_TOO_LARGE":
    case "UNAUTHENTICATED":
    case "SERVER_ERROR":
    case "UNAVAILABLE":
      return;
    default:
      // @ts-expect-error: NOT_FOUND is not handled
      unhandled(type);
  }
}
