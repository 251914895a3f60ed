import * as pulumi from "@pulumi/pulumi";

/**
 * Imported first, for what it does: takes out of Pulumi's SDK what costs time with every resource and helps nobody here.
 *
 * Stack traces: the SDK takes one of every resource and of each of its promises, about 1,500 for each tenant, and its runner maps them to the
 * source files of a program that was compiled. This one is not: its types are stripped in place, so positions are right as they are.
 * Errors that are the operator's to mend have no frames anyway. For others: NODE_OPTIONS=--stack-trace-limit=50 pulumi preview
 */
Reflect.deleteProperty(Error, "prepareStackTrace");
/** What Node.js starts with when nobody asks for another number of frames. */
const usualLimit = 10;
if (Error.stackTraceLimit === usualLimit) Error.stackTraceLimit = 0;

/**
 * Where in the source a resource was made: the SDK takes a stack trace without a limit for each, and the state keeps it, a fifteenth of all that it
 * holds. It names lines of this program, which say nothing of the operator's file.
 */
Reflect.set(pulumi.Resource, "callsites", () => []);

/**
 * Debug messages: the SDK sends three calls to the engine for each resource to say that it is about to send one, also where nobody asked for
 * messages of that kind: a tenth of the processor time of a preview of 40 tenants. `pulumi up --debug` does not show them.
 */
Object.assign(pulumi.log, { debug: () => Promise.resolve() });
