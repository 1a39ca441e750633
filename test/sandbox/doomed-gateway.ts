/** A process with a running sandbox, for a test to kill. Arguments: data directory, lower directory, agent binary. */
import { createBubblewrap } from '../../sandbox/bubblewrap.ts'
import { INSIDE } from '../../sandbox/sandbox.ts'
import { openDoor, permitFrom } from './open-door.ts'

const [dataDir = '', lowerDir = '', agentBinary = ''] = process.argv.slice(2)
const permit = await permitFrom(openDoor(() => 'allow'))
const driver = await createBubblewrap({ dataDir, agentBinary })
const sandbox = await driver.open(permit, { lowerDir })
await sandbox.startAgent({ config: {} })
const tool = sandbox.runTool(permit, { command: 'echo descriptors $(ls /proc/self/fd); setsid sleep 654321 & sleep 654321', cwd: INSIDE.workspace })
tool.stdout.once('data', (chunk: Buffer) => { process.stdout.write(chunk) })
