export type { CompileOptions, CompileResult, CompileStep } from './compile-project.js';
export { compileProject } from './compile-project.js';
export type { CreateOptions, CreateResult } from './create-project.js';
export { createProject } from './create-project.js';
