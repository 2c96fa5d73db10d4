// Runs the linter, away from the page, so that typing never waits for it.

import { loadPyodide } from "./pyodide/pyodide.mjs";

async function start() {
  const pyodide = await loadPyodide({ indexURL: new URL("./pyodide/", import.meta.url).href });
  const wheels = await (await fetch(new URL("./wheels.json", import.meta.url))).json();
  for (const name of wheels) {
    const wheel = await fetch(new URL(`./wheels/${name}`, import.meta.url));
    pyodide.unpackArchive(await wheel.arrayBuffer(), "wheel");
  }
  const program = await fetch(new URL("./answer.py", import.meta.url));
  pyodide.runPython(await program.text());
  return pyodide.globals.get("answer");
}

const answer = start();
answer.then(
  () => postMessage({ ready: true }),
  (error) => postMessage({ broken: String(error) }),
);

onmessage = async ({ data }) => {
  try {
    const program = await answer;
    const began = performance.now();
    const told = JSON.parse(program(JSON.stringify(data.request)));
    postMessage({ id: data.id, seconds: (performance.now() - began) / 1000, ...told });
  } catch (error) {
    postMessage({ id: data.id, files: data.request.files, findings: [], error: String(error) });
  }
};
