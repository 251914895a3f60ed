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
