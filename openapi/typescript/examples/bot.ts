// A bot: it greets whoever says "!hello" in a room, each of them once, across restarts of the server and lost connections.
//
//     npm run build && npx tsc -p tsconfig.examples.json
//     SERVER=http://localhost:5000 EMAIL=bot@example.com PASSWORD=... ROOM=... node build/bot.js
import { createApi, createSession, createSocket, type Message, type TimelineEvent } from "@parlor/client";

const { SERVER: server = "http://localhost:5000", EMAIL: email = "", PASSWORD: password = "", ROOM: roomId = "" } = process.env;

const { user, ...tokens } = await createApi(server)("logIn", { body: { email, password } });
const getToken = createSession(server, tokens);
const api = createApi(server, getToken);
const socket = createSocket(server, getToken);

/** The last entry that was seen, and the history that it belongs to. */
let seen: { after: number; epoch: string } | undefined;

async function hear(message: Message) {
  if (message.userId === user.id || message.content !== "!hello") return;
  // The same id for the same greeting: said again after a lost answer, it is still one message.
  const clientMessageId = `hello-${message.id}`;
  await api("sendMessage", { path: { roomId }, body: { content: `Hello, ${message.username}!`, clientMessageId } });
}

async function catchUp(events: TimelineEvent[]) {
  for (const event of events) {
    if (event.type === "message") await hear(event.message);
    if (seen) seen.after = event.seq;
  }
}

async function join() {
  const answer = await socket.timeout(10_000).emitWithAck("join_room", { roomId, ...seen });
  if (!answer.ok) throw new Error(answer.error.message);
  const { epoch, lastSeq, events, reset } = answer.data;
  if (!seen || reset) seen = { after: lastSeq, epoch };
  await catchUp(events);
  while (seen.after < lastSeq) {
    await catchUp((await api("listEvents", { path: { roomId }, query: { after: seen.after } })).events);
  }
  console.log("listening");
}

/** One thing after the other: what comes live waits for the catch-up before it. */
let work = Promise.resolve();
const next = (task: () => Promise<void>) => {
  work = work.then(task).catch((error: unknown) => console.error(error));
};
socket.on("connect", () => next(join));
socket.on("disconnect", (reason) => console.log("away:", reason));
socket.on("receive_message", (message) => {
  next(async () => {
    if (!seen || message.seq <= seen.after) return;
    seen.after = message.seq;
    await hear(message);
  });
});
