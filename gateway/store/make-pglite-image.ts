import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { migrate } from './migrate.ts'
import { pgliteImage } from './pglite-image.ts'
import type { Row } from './store.ts'

/** Makes the image, unless it is there: whole or not at all. Default: where Weir looks for it. @throws when a database cannot be created or the file not be written */
export async function makePgliteImage (image = pgliteImage()): Promise<void> {
  if (existsSync(image)) return
  const dir = await mkdtemp(join(tmpdir(), 'weir-pglite-'))
  try {
    const database = await PGlite.create({ dataDir: join(dir, 'store') })
    await migrate({
      query: async (sql, params) => (await database.query<Row>(sql, [...params])).rows,
      async script (sql) { await database.exec(sql) },
    })
    const archive = await database.dumpDataDir('gzip')
    await database.close()
    const staging = `${image}.${randomUUID()}`
    await mkdir(dirname(image), { recursive: true })
    await writeFile(staging, Buffer.from(await archive.arrayBuffer()))
    await rename(staging, image)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
