// `npm start`: from a bare clone to a running gateway.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, installPackages, needPrograms, root } from './set-up.mjs'

installPackages()
build()
needPrograms({ bwrap: 'bubblewrap', git: 'git', rg: 'ripgrep', nsenter: 'util-linux' }, { required: true })

const gateway = spawn(process.execPath, [join(root, 'bin', 'weir.js'), 'start', ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => gateway.kill(signal))
gateway.on('exit', (code, signal) => { process.exitCode = code ?? (signal === null ? 1 : 128) })
