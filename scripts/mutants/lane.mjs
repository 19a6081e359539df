// A process that runs tests of one working tree again and again, asked by its parent: what did not change is compiled once.
// In: { files, pattern, changed }, paths from the tree's root. Out: { report } as `verdict.mjs` reads it, or { words }.
import { resolve } from 'node:path';
import { createVitest } from 'vitest/node';

const quiet = { onTestRunEnd: () => undefined };
const vitest = await createVitest('test', { watch: false, maxWorkers: Number(process.argv[2]), reporters: [quiet] });
/** Where each file has a process of its own: in a shared one the code of the fault before would go on. */
const apart = vitest.projects.find(({ name }) => name === 'apart');

process.on('message', ({ files, pattern, changed }) => {
  run(files, pattern, changed).then(
    (report) => process.send({ report }),
    (error) => process.send({ words: error.stack ?? String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });

async function run(files, pattern, changed) {
  changed.forEach((path) => vitest.invalidateFile(resolve(path)));
  vitest.setGlobalTestNamePattern(new RegExp(pattern, 'u'));
  const specifications = files.map((path) => apart.createSpecification(resolve(path)));
  const { testModules } = await vitest.runTestSpecifications(specifications);
  // Those of earlier runs are in it too.
  const asked = testModules.filter(({ relativeModuleId }) => files.includes(relativeModuleId));
  return {
    testResults: asked.map((module) => ({
      name: module.relativeModuleId,
      status: module.state(),
      message: module.errors()[0]?.message ?? '',
      assertionResults: [...module.children.allTests()].map((test) => ({ fullName: test.fullName, status: test.result().state })),
    })),
  };
}
