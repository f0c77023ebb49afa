export declare function buildWorkers(outdir: string): Promise<void>;
