import { capabilities, type Infer, type RequestInputOf } from '../../host/abi/index.js';
import { type HttpSources, httpCapability } from '../../host/capability/http/index.js';
import { parseGrant } from '../../host/grant/index.js';
import { ask, type Told } from './capability.js';

export type HttpRequest = RequestInputOf<typeof capabilities.http>;
export type HttpResponse = Infer<typeof capabilities.http.response>;

/** A plugin's way to the network: grants, and what its requests draw on. */
export interface Client {
  readonly grants: readonly string[];
  readonly sources?: HttpSources;
  readonly messageBytes?: number;
  readonly signal?: AbortSignal;
}

/** Make one request as a guest would. */
export function send(client: Client, request: HttpRequest): Promise<Told<HttpResponse>> {
  const { grants, sources = {}, messageBytes = 16 * 1024 * 1024, signal } = client;
  const capability = httpCapability(grants.map(parseGrant), sources, messageBytes);
  return ask(capability, capabilities.http, request, signal);
}

/** The response; a refusal is a failure of the test. */
export async function answered(client: Client, request: HttpRequest): Promise<HttpResponse> {
  const { response, refused } = await send(client, request);
  if (response === undefined) {
    throw new Error(`Refused: ${refused?.code}: ${refused?.message}`);
  }
  return response;
}

/** The refusal's code; `answered <status>` if there was none. */
export async function codeOf(client: Client, request: HttpRequest): Promise<string> {
  const { response, refused } = await send(client, request);
  return refused?.code ?? `answered ${response?.status}`;
}
