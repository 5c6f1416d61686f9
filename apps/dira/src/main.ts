#!/usr/bin/env node
import { createProgram, reportFailure } from "./program.ts";

try {
  await createProgram().parseAsync();
} catch (error) {
  reportFailure(error);
}
