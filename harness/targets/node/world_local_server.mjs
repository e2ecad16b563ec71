// Driver of a small server over the npm package @workflow/world-local, the storage engine under the Workflow DevKit:
// `node world_local_server.mjs MODULE VERSION`, where MODULE is the file that `streamproof install workflow-world-local` has put into
// the cache.
//
// The package stores runs, steps, events, hooks and streams in files, and has a queue in memory; it knows no HTTP and no agent. Those are
// ours, and plain: each route does what the documentation of the DevKit shows and adds no check of its own. So what is judged is the
// package and the usual way of using it. The parts: `world_local_runtime` runs steps and replays, `world_local_agent` is the
// agent, `world_local_routes` are the routes.
import http from "node:http";
import { pathToFileURL } from "node:url";
import { serve } from "./streamproof-driver.mjs";
import { agentSteps, agentWorkflow } from "./world_local_agent.mjs";
import { routesOf } from "./world_local_routes.mjs";
import { startRuntime } from "./world_local_runtime.mjs";

const [path, version] = process.argv.slice(2);
const { createLocalWorld } = await import(pathToFileURL(path).href);

serve({
  name: "@workflow/world-local",
  version,
  serves: [{ contract: "durable-execution", role: "server", capabilities: ["tools", "effects"] }],
  open,
});

/** Opens the store, serves it, and only then takes up what an earlier life has left: its runs may be asked for by then. */
async function open(config) {
  const world = createLocalWorld({ dataDir: config.data_dir });
  const closing = new AbortController();
  startRuntime(world, agentWorkflow(config), agentSteps(world, config, closing.signal), closing.signal);
  const server = http.createServer(routesOf(world, config));
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", () => resolve(undefined)));
  await world.start();
  return {
    url: `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`,
    async close() {
      closing.abort();
      server.close();
      server.closeAllConnections();
      await world.close();
    },
  };
}
