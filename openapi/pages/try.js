// Sends what the forms of the page ask for, to the server that the page came from. Answers are shown as text, never as HTML.

for (const block of document.querySelectorAll("pre code")) {
  block.textContent = block.textContent.replaceAll("http://localhost:5000", location.origin);
}

const token = document.querySelector("#token");
document.querySelector("form.token")?.addEventListener("submit", (event) => event.preventDefault());

for (const form of document.querySelectorAll("form.try")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const shown = form.querySelector("output");
    shown.textContent = "…";
    try {
      shown.textContent = await send(form);
    } catch (error) {
      shown.textContent = String(error);
    }
  });
}

async function send(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll("input[data-in]")) {
    if (input.dataset.in === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else if (input.value !== "") query.set(input.name, input.value);
  }
  const headers = {};
  if (token.value) headers.Authorization = `Bearer ${token.value}`;
  const body = form.elements.body?.value;
  if (body) headers["Content-Type"] = "application/json";
  const target = query.size ? `${path}?${query}` : path;
  const response = await fetch(target, { method: form.dataset.method, headers, body: body || undefined });
  const text = await response.text();
  let shown = text;
  try {
    const answer = JSON.parse(text);
    if (answer.data?.token) token.value = answer.data.token;
    shown = JSON.stringify(answer, null, 2);
  } catch {
    // Not JSON: shown as it came.
  }
  return `${response.status} ${response.statusText}\n${shown}`;
}
