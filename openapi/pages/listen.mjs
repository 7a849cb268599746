import { io } from "socket.io-client";

const { TOKEN: token, ROOM: roomId, SERVER: server = "http://localhost:5000" } = process.env;

const socket = io(server, { auth: { token } });
socket.on("connect_error", (error) => console.error("refused:", error.message));
socket.on("receive_message", (message) => console.log(`${message.username}: ${message.content}`));
socket.on("connect", async () => {
  const joined = await socket.timeout(5000).emitWithAck("join_room", { roomId });
  if (!joined.ok) throw new Error(joined.error.message);
  console.log("listening from entry", joined.data.lastSeq, "on");
  await socket.timeout(5000).emitWithAck("send_message", { roomId, content: "Hello from a socket" });
});
