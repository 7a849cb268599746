// Generated from the contract by `cargo run -p parlor-openapi -- generate`. Changes belong into `protocol`.

declare const token: string;

import { io } from "socket.io-client";
import type { ParlorSocket } from "../src/index.js"; // without it, the same lines are JavaScript

const socket: ParlorSocket = io("http://localhost:5000", { auth: (send) => send({ token }) });

export async function error() {
  socket.on("error", (payload) => console.log(payload));
}

export async function server_restart() {
  socket.on("server_restart", (payload) => console.log(payload));
}

export async function authenticate() {
  const answer = await socket.timeout(10_000).emitWithAck("authenticate", { token: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl" });
  if (!answer.ok) throw new Error(answer.error.message);
}

export async function room_updated() {
  socket.on("room_updated", (payload) => console.log(payload));
}

export async function room_deleted() {
  socket.on("room_deleted", (payload) => console.log(payload));
}

export async function get_room_users() {
  const answer = await socket.timeout(10_000).emitWithAck("get_room_users", { roomId: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90" });
  if (!answer.ok) throw new Error(answer.error.message);
}

export async function user_joined() {
  socket.on("user_joined", (payload) => console.log(payload));
}

export async function user_left() {
  socket.on("user_left", (payload) => console.log(payload));
}

export async function room_users() {
  socket.on("room_users", (payload) => console.log(payload));
}

export async function join_room() {
  const answer = await socket.timeout(10_000).emitWithAck("join_room", { after: 20, epoch: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90", roomId: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90" });
  if (!answer.ok) throw new Error(answer.error.message);
}

export async function leave_room() {
  const answer = await socket.timeout(10_000).emitWithAck("leave_room", { roomId: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90" });
  if (!answer.ok) throw new Error(answer.error.message);
}

export async function room_joined() {
  socket.on("room_joined", (payload) => console.log(payload));
}

export async function send_message() {
  const answer = await socket.timeout(10_000).emitWithAck("send_message", { clientMessageId: "c-1", content: "Hello, world", roomId: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90" });
  if (!answer.ok) throw new Error(answer.error.message);
}

export async function receive_message() {
  socket.on("receive_message", (payload) => console.log(payload));
}

export async function message_read() {
  const answer = await socket.timeout(10_000).emitWithAck("message_read", { messageId: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90", roomId: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90" });
  if (!answer.ok) throw new Error(answer.error.message);
}

export async function messages_read() {
  socket.on("messages_read", (payload) => console.log(payload));
}

export async function message_status_updated() {
  socket.on("message_status_updated", (payload) => console.log(payload));
}

export async function typing() {
  const answer = await socket.timeout(10_000).emitWithAck("typing", { isTyping: true, roomId: "018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90" });
  if (!answer.ok) throw new Error(answer.error.message);
}

export async function user_typing() {
  socket.on("user_typing", (payload) => console.log(payload));
}

export async function user_status() {
  socket.on("user_status", (payload) => console.log(payload));
}
