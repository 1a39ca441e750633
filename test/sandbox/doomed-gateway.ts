/** A process with a running sandbox, for a test to kill. Arguments: data directory, lower directory, agent binary, driver. */
import { SANDBOX_DRIVERS } from '../../sandbox/driver-names.ts'
import { openSandboxDriver } from '../../sandbox/open-driver.ts'
import { INSIDE } from '../../sandbox/sandbox.ts'
import { openDoor, permitFrom } from './open-door.ts'

const [dataDir = '', lowerDir = '', agentBinary = '', named = ''] = process.argv.slice(2)
const permit = await permitFrom(openDoor(() => 'allow'))
const driver = await openSandboxDriver({ sandbox: SANDBOX_DRIVERS.find((name) => name === named) ?? 'bubblewrap', runtime: null }, { dataDir, agentBinary })
const sandbox = await driver.open(permit, { lowerDir })
await sandbox.startAgent({ config: {} })
const tool = sandbox.runTool(permit, { command: 'echo descriptors $(ls /proc/self/fd); setsid sleep 654321 & sleep 654321', cwd: INSIDE.workspace })
tool.stdout.once('data', (chunk: Buffer) => { process.stdout.write(chunk) })
