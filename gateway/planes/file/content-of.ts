import type { Project } from '../../project/project.ts'

/** One file's content by its id. @throws GatewayError WEIR_ERR_PROJECT when there is no such file */
export async function contentOf (project: Pick<Project, 'contents'>, id: string): Promise<Buffer | null> {
  let content: Buffer | null = null
  for await (const bytes of project.contents([id])) content = bytes
  return content
}
