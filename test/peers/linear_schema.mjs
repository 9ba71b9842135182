// The part of Linear's GraphQL schema that is asked for, as Linear publishes it: the types of its own client library (npm @linear/sdk), read back into the schema
// from which they are made.  What is reached from FIELDS is taken over as it is; whatever the library has as a union becomes a scalar.
import fs from "node:fs";
import path from "node:path";

const FIELDS = {
  Query: ["viewer", "organization", "users", "issues", "issue", "comments", "teams", "issueLabels"],
  Mutation: ["issueCreate", "issueUpdate", "commentCreate", "commentUpdate", "commentDelete"],
};

// {name: {fields: [[name, type, optional]]} or {values: []}}
function readTypes(text) {
  const types = new Map();
  let open = null;
  for (const line of text.split("\n")) {
    if (open === null) {
      const block = /^type (\w+) = (?:\w+ & )*\{$/.exec(line);
      const list = /^declare enum (\w+) \{$/.exec(line);
      if (block) types.set(block[1], (open = { fields: [] }));
      else if (list) types.set(list[1], (open = { values: [] }));
    } else if (/^\};?$/.test(line)) open = null;
    else if (open.fields) {
      const field = /^ {2}(\w+)(\?)?: (.+);$/.exec(line);
      if (field && field[1] !== "__typename") open.fields.push([field[1], field[3], Boolean(field[2])]);
    } else {
      const value = /^ {2}\w+ = "(\w+)",?$/.exec(line);
      if (value) open.values.push(value[1]);
    }
  }
  return types;
}

export function linearSchema(modules) {
  const dist = path.resolve(modules, "node_modules/@linear/sdk/dist");
  const file = fs.readdirSync(dist).filter((name) => /^index-.*\.d\.mts$/.test(name)).map((name) => path.join(dist, name))[0];
  const types = readTypes(fs.readFileSync(file, "utf8"));
  const done = new Map();
  const scalars = new Set();

  function typeOf(text, input) {
    const wrapped = /^(?:Input)?Maybe<(.+)>$/.exec(text);
    if (wrapped) return typeOf(wrapped[1], input);
    const array = /^Array<(.+)>$/.exec(text);
    if (array) return `[${typeOf(array[1], input)}${/^(Input)?Maybe</.test(array[1]) ? "" : "!"}]`;
    const scalar = /^Scalars\["(\w+)"\]$/.exec(text);
    if (scalar) {
      if (!["ID", "String", "Boolean", "Int", "Float"].includes(scalar[1])) scalars.add(scalar[1]);
      return scalar[1];
    }
    if (!types.has(text)) scalars.add(text);
    else define(text, input);
    return text;
  }

  function define(name, input) {
    if (done.has(name)) return;
    done.set(name, "");
    const type = types.get(name);
    if (type.values) {
      done.set(name, `enum ${name} { ${type.values.join(" ")} }`);
      return;
    }
    const fields = type.fields.filter(([field]) => !FIELDS[name] || FIELDS[name].includes(field)).map(([field, text, optional]) => {
      const args = types.get(`${name}${field[0].toUpperCase()}${field.slice(1)}Args`);
      const list = !input && args ? `(${args.fields.map(([arg, t, may]) => `${arg}: ${typeOf(t, true)}${may ? "" : "!"}`).join(", ")})` : "";
      return `  ${field}${list}: ${typeOf(text, input)}${optional ? "" : "!"}`;
    });
    done.set(name, `${input ? "input" : "type"} ${name} {\n${fields.join("\n")}\n}`);
  }

  for (const name of Object.keys(FIELDS)) define(name, false);
  return [...[...scalars].map((name) => `scalar ${name}`), ...done.values()].join("\n");
}
