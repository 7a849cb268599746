import { io } from "socket.io-client";

const server = process.env.SERVER ?? "http://localhost:5000";
const name = process.argv[2] ?? "grace";
const account = { username: name, email: `${name}@example.com`, password: "correct horse battery" };

/** Calls an endpoint, and gives the `data` of its answer; nothing, if it was done before. */
async function call(method: string, path: string, token = "", body?: object): Promise<any> {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  const request = { method, headers, body: body ? JSON.stringify(body) : null };
  const response = await fetch(`${server}/api/v1${path}`, request);
  const answer: any = await response.json();
  if (!answer.success && answer.type !== "CONFLICT") throw new Error(answer.message);
  return answer.data;
}

const made = await call("POST", "/auth/register", "", account);
const { token } = made ?? (await call("POST", "/auth/login", "", account));
const [found] = await call("GET", "/rooms?q=kitchen", token);
const room = found ?? (await call("POST", "/rooms", token, { name: "kitchen" }));
const roomId = room.id;
await call("POST", `/rooms/${roomId}/join`, token);

const socket = io(server, { auth: { token } });
socket.on("connect_error", (error) => console.error("refused:", error.message));
socket.on("receive_message", ({ username, content }) => console.log(`${username}: ${content}`));
socket.on("connect", async () => {
  const joined = await socket.timeout(5000).emitWithAck("join_room", { roomId });
  if (!joined.ok) throw new Error(joined.error.message);
  console.log(`${name} listens to the kitchen`);
  const content = `Hello from ${name}`;
  await socket.timeout(5000).emitWithAck("send_message", { roomId, content });
});
