// The line to the sandbox: its news as they come, and requests to change something.

const AGAIN_MS = 1000;

/** Call `hear` with each piece of news, and `tell` with "live" or "lost" as the line comes and goes. */
export function listen(hear, tell) {
  const source = new EventSource("/sandbox/events");
  source.onopen = () => tell("live");
  source.onmessage = (event) => hear(JSON.parse(event.data));
  source.onerror = () => {
    tell("lost");
    // A browser tries again by itself, except after an answer that is no stream.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(hear, tell), AGAIN_MS);
  };
}

/** Ask the sandbox; its answer's JSON. Throws an Error whose message is for people. */
export async function ask(path, body, method = body === undefined ? "GET" : "POST") {
  let response;
  try {
    response = await fetch(path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
    });
  } catch {
    throw new Error("The sandbox does not answer.");
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `HTTP ${response.status}`);
  return answer;
}
