//! The first page: from nothing to a message.

use super::{HERE, code, page};
use parlor_protocol::{BASE_PATH, VERSION};

/// How to begin.
pub fn start() -> String {
    let main = format!(
        "<p>This server speaks version {VERSION} of Parlor's contract: rooms, messages, presence, over REST and Socket.IO. Everything \
here comes from this server; nothing else is loaded.</p>\n\
<h2>A message in five minutes</h2>\n\
<p>With Node 18 or later, in an empty folder:</p>\n{}\
<p>and in <code>hello.mts</code>:</p>\n{}\
<p>Start it in one terminal, then as somebody else in another: the first hears both.</p>\n{}\
<p>It makes the account if there is none, and the room, joins it, listens, and says hello. What it calls is under \
<a href=\"/docs/rest\">REST</a>, what it emits and hears under <a href=\"/docs/events\">events</a>.</p>\n\
<h2>The same by hand</h2>\n\
<p>With <code>curl</code>, and with Node to take what is needed out of an answer:</p>\n{}\
<h2>What to read on</h2>\n\
<ul>\n<li><a href=\"/docs/rest\">REST</a>: every endpoint, to read; <a href=\"/docs/api\">to try out with a token</a>.</li>\n\
<li><a href=\"/docs/events\">Events</a>: every event, its payload, its acknowledgement, its errors.</li>\n\
<li><a href=\"/docs/migration\">Coming from the original server</a>: what is the same, what changed, what is new, step by step.</li>\n\
<li><a href=\"/openapi.json\">openapi.json</a> and <a href=\"/asyncapi.json\">asyncapi.json</a>: the same for programs.</li>\n\
<li>TypeScript: the package <code>@parlor/client</code> (folder <code>openapi/typescript</code>) has every type, so that no path, event \
or field can be misspelt.</li>\n\
<li>Rust: the crate <code>parlor-client</code> (folder <code>client-sdk</code>).</li>\n</ul>\n\
<h2>Four rules that spare you trouble</h2>\n\
<ol>\n<li>Send each message with a <code>clientMessageId</code> of your own. A retry with the same one is never a second message.</li>\n\
<li>Keep the <code>seq</code> of the last entry that you have. After a reconnect, <code>join_room</code> with <code>after</code> gives \
what came since: no gap, no double.</li>\n\
<li>Renew the token with <code>POST {BASE_PATH}/auth/refresh</code> before it ends, and send <code>authenticate</code> on live \
sockets.</li>\n\
<li>Match on an error's <code>type</code>; its <code>message</code> is for people and may change.</li>\n</ol>\n",
        code("npm init -y\nnpm install socket.io-client tsx @types/node"),
        code(HELLO),
        code("npx tsx hello.mts grace\nnpx tsx hello.mts alan"),
        code(&shell()),
    );
    page("Start", "", &main)
}

/// What a newcomer runs.
const HELLO: &str = include_str!("../../pages/hello.mts");

fn shell() -> String {
    format!(
        r#"api={HERE}{BASE_PATH} json='Content-Type: application/json'

TOKEN=$(curl -s $api/auth/register -H "$json" \
  -d '{{"username":"edsger","email":"edsger@example.com","password":"correct horse battery"}}' |
  node -p 'JSON.parse(fs.readFileSync(0)).data.token')

ROOM=$(curl -s $api/rooms -H "$json" -H "Authorization: Bearer $TOKEN" -d '{{"name":"general"}}' |
  node -p 'JSON.parse(fs.readFileSync(0)).data.id')

curl $api/rooms/$ROOM/messages -H "$json" -H "Authorization: Bearer $TOKEN" \
  -d '{{"content":"Hello, world","clientMessageId":"my-first"}}'"#
    )
}
