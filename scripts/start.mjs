// `npm start`: from a bare clone to a running gateway.
import { build, installPackages, needPrograms } from './set-up.mjs'

installPackages()
await build()
needPrograms({ bwrap: 'bubblewrap', git: 'git', rg: 'ripgrep', nsenter: 'util-linux' }, { required: true })

process.argv.splice(2, 0, 'start')
await import('../bin/weir.js')
