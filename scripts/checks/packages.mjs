// What goes to the registry, looked at as the tarballs that go there (docs/adr/0014).
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { filterProblems } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const ALWAYS = ['LICENSE', 'README.md', 'package.json'];
/** Compilers and tests leave these; none is for a user. */
const LEFTOVERS = /^(?:dist|bundle)\/.*(?:\.test\.|\.tsbuildinfo$|\.map$|(?:^|\/)node_modules\/|(?:^|\/)test-support\/)/u;
/** The packages are ES modules alone, for Node 20.19 and newer: it is old resolvers and `require` of old Nodes that find nothing. */
const MODERN = ['node16-esm', 'bundler'];

/** The packages that go to a registry: those of packages/ that are not private. */
export function publishedPackages(root) {
  return readdirSync(join(root, 'packages')).flatMap((name) => {
    const folder = join(root, 'packages', name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return manifest.private === true ? [] : [{ name: manifest.name, folder, manifest }];
  });
}

/** The file that `npm pack` makes of one. */
export function tarballName({ name, manifest }) {
  return `${name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
}

/** Sentences about what is wrong with one package, packed in `tarballs`; none when all is well. */
export async function packageProblems(root, one, tarballs) {
  const tarball = new Uint8Array(readFileSync(join(tarballs, tarballName(one))));
  const packed = createPackageFromTarballData(tarball);
  return [
    ...manifestProblems(root, one.manifest),
    ...contentProblems(root, one, packed),
    ...(await publintProblems(tarball)),
    ...(await typeProblems(one.manifest, packed)),
  ];
}

function manifestProblems(root, manifest) {
  const { dependencies = {}, publishConfig, license, engines } = manifest;
  const versions = new Map(publishedPackages(root).map(({ name, manifest: { version } }) => [name, version]));
  const wrong = Object.entries(dependencies).filter(
    ([name, range]) => name.startsWith('@stormpulse/') && range !== versions.get(name),
  );
  return [
    ...wrong.map(
      ([name, range]) => `depends on ${name} ${range}; here is ${versions.get(name) ?? 'no published package of that name'}`,
    ),
    ...(publishConfig?.access === 'public' && publishConfig.provenance === true
      ? []
      : ['has no publishConfig with "access": "public" and "provenance": true']),
    ...(license === 'MIT' ? [] : [`has the license ${license}; expected MIT`]),
    ...(engines?.node === '>=20.19' ? [] : [`has the engines ${JSON.stringify(engines)}; expected { "node": ">=20.19" }`]),
    ...(JSON.stringify(manifest).includes('://') ? ['names a host in its package.json; expected none'] : []),
  ];
}

function contentProblems(root, { name, folder, manifest }, packed) {
  const top = `/node_modules/${name}/`;
  const files = packed.listFiles().map((path) => path.slice(top.length));
  const listed = manifest.files.filter((pattern) => !pattern.startsWith('!'));
  const belongs = (file) => ALWAYS.includes(file) || listed.some((path) => file === path || file.startsWith(`${path}/`));
  // What was compiled of a source that is gone stays in dist.
  const isStale = (file) => {
    const [, module] = /^dist\/(.+?)(?:\.d)?\.[jt]s$/u.exec(file) ?? [];
    if (module === undefined || module.startsWith('assets/')) return false;
    return !['ts', 'tsx'].some((ending) => existsSync(join(folder, 'src', `${module}.${ending}`)));
  };
  const problems = [
    ...ALWAYS.filter((file) => !files.includes(file)).map((file) => `lacks ${file}`),
    ...listed
      .filter((path) => !files.some((file) => file === path || file.startsWith(`${path}/`)))
      .map((path) => `lacks ${path}`),
    ...files.filter((file) => !belongs(file)).map((file) => `holds ${file}, which its "files" does not name`),
    ...files.filter((file) => LEFTOVERS.test(file)).map((file) => `holds ${file}, which is for nobody who installs it`),
    ...leaves(manifest.exports)
      .filter((target) => !files.includes(target.replace(/^\.\//u, '')))
      .map((target) => `exports ${target}, which is not in it`),
    ...files.filter(isStale).map((file) => `holds ${file}, whose source is gone; remove dist and build again`),
  ];
  const isOurs = packed.tryReadFile(`${top}LICENSE`) === readFileSync(join(root, 'LICENSE'), 'utf8');
  return isOurs ? problems : [...problems, 'has another LICENSE than the project'];
}

/** Every path of `exports`, under whatever condition: publint looks at JavaScript alone. */
function leaves(target) {
  return typeof target === 'string' ? [target] : Object.values(target ?? {}).flatMap(leaves);
}

async function publintProblems(tarball) {
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true, level: 'warning' });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`);
}

/** A program exports nothing: nobody imports it, and there are no types to resolve (agent, create-plugin, dashboard). */
async function typeProblems({ exports = {} }, packed) {
  if (Object.keys(exports).every((path) => path === './package.json')) return [];
  const analysis = await checkPackage(packed);
  if (analysis.types === false) return ['are-the-types-wrong: has no types'];
  return MODERN.flatMap((resolutionKind) => filterProblems(analysis, { resolutionKind })).map(
    ({ kind, ...where }) => `are-the-types-wrong: ${kind} ${JSON.stringify(where)}`,
  );
}
