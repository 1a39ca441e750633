// `npm run bench -- [SUITE] [--quick]`
import { join } from 'node:path'
import { build, installPackages, needPrograms, root, run } from './set-up.mjs'

installPackages()
await build()
needPrograms({ bwrap: 'bubblewrap', git: 'git', nginx: 'nginx' }, { required: false })
run(process.execPath, [join(root, 'dist', 'bench', 'run.js'), ...process.argv.slice(2)])
