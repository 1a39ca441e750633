import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'

/** Things of the machine that an escape would reach, and what has reached them. */
export interface Outside {
  readonly secret: string
  readonly secretFile: string
  readonly tcpPort: number
  readonly hasIpv6: boolean
  readonly udpPort: number
  readonly abstractName: string
  readonly unixPath: string
  readonly victimPid: number
  /** What knocked, in order. */
  readonly reached: string[]
  isVictimAlive (): boolean
  close (): Promise<void>
}

/** Puts a secret, listeners of four kinds and a process outside the sandbox. */
export async function putOutside (folder: string): Promise<Outside> {
  const reached: string[] = []
  const secret = `outside-${process.pid}-is-not-for-the-sandbox`
  const secretFile = join(folder, 'secret.txt')
  writeFileSync(secretFile, secret)
  const listen = async (what: string, ...where: [string] | [number, string]): Promise<Server> => {
    const server = createServer((socket) => {
      reached.push(what)
      socket.on('error', () => {}) // who got out and left again has got out
      socket.end(secret)
    })
    if (where.length === 1) server.listen(where[0])
    else server.listen(where[0], where[1])
    await once(server, 'listening')
    return server
  }
  const abstractName = `weir-escape-${process.pid}`
  const unixPath = join(folder, 'o.sock')
  const hasIpv6 = Object.values(networkInterfaces()).flat().some((one) => one?.address === '::1')
  const tcp = await listen('tcp', 0, hasIpv6 ? '::' : '0.0.0.0')
  const others = [await listen('abstract', `\0${abstractName}`), await listen('unix', unixPath)]
  const udp = createSocket('udp4', () => { reached.push('udp') })
  udp.bind(0)
  await once(udp, 'listening')
  const victim = spawn('sleep', ['600'], { stdio: 'ignore' })
  await once(victim, 'spawn')
  return {
    secret,
    secretFile,
    hasIpv6,
    tcpPort: (tcp.address() as AddressInfo).port,
    udpPort: udp.address().port,
    abstractName,
    unixPath,
    victimPid: victim.pid ?? 0,
    reached,
    isVictimAlive: () => victim.exitCode === null && victim.signalCode === null,
    async close () {
      victim.kill('SIGKILL')
      udp.close()
      await Promise.all([tcp, ...others].map((server) => new Promise((resolve) => { server.close(resolve) })))
    },
  }
}
