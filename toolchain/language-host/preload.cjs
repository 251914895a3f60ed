// Loaded before the SDK's runner.
const { createRequire } = require("node:module");

const requireAsRunner = createRequire(`${process.argv[1]}/index.js`);

// Keeps stack frames inside node_modules as they are, at their JavaScript positions.
//
// The runner maps them to paths such as node_modules/@pulumi/resource.ts, which do not exist, and then asks Node.js for the
// error in colours. Seen with Node.js 22.23: on a path with a file directly below a scope, util.inspect adds to a string
// without end, so that every error of a program took 15 to 30 seconds to appear. Seen after this: 2 seconds.
requireAsRunner("source-map-support").install({
  // A file without a source map, as far as the mapper is told; null leaves the others to it.
  retrieveFile: (path) => (/[\\/]node_modules[\\/]/.test(path) ? " " : null),
});

// What the SDK needs for functions in a program's resources only is loaded when it is asked for: 0.3 s of each start, measured.
for (const name of ["typescript", "@npmcli/arborist"]) loadLater(name);

/** Puts a stand-in into the cache of modules, which makes room for the module itself when it is first used. */
function loadLater(name) {
  let file;
  try {
    file = requireAsRunner.resolve(name);
  } catch {
    return; // The SDK says so itself where it misses one.
  }
  let loaded;
  const load = () => {
    if (loaded === undefined) {
      delete require.cache[file];
      loaded = requireAsRunner(name);
    }
    return loaded;
  };
  const exports = new Proxy(
    {},
    {
      // To a compiled import, which would else copy every property at once.
      get: (_, property) => (property === "__esModule" ? true : load()[property]),
      has: (_, property) => property in load(),
      ownKeys: () => Reflect.ownKeys(load()),
      getOwnPropertyDescriptor: (_, property) => ({
        ...Reflect.getOwnPropertyDescriptor(load(), property),
        configurable: true,
      }),
    },
  );
  require.cache[file] = { id: file, filename: file, loaded: true, exports };
}
