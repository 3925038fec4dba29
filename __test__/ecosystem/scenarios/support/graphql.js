'use strict';

const {
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} = require('graphql');

/** A query, and subscriptions: to a fixed number of values, and to one that goes on until somebody has had enough. */
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      hello: {
        type: GraphQLString,
        args: { name: { type: GraphQLString } },
        resolve: (_, { name }) => `Hello, ${name}!`,
      },
    },
  }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: {
      count: {
        type: GraphQLInt,
        args: { to: { type: new GraphQLNonNull(GraphQLInt) } },
        async *subscribe(_, { to }) {
          for (let n = 1; n <= to; n++) yield { count: n };
        },
      },
      ticks: {
        type: GraphQLInt,
        async *subscribe(_, args, context) {
          try {
            for (let n = 1; ; n++) {
              yield { ticks: n };
              await new Promise((resolve) => setImmediate(resolve));
            }
          } finally {
            (context?.extra ?? context)?.onTicksEnd?.();
          }
        },
      },
    },
  }),
});

/**
 * @param {import('graphql-ws').Client} client
 * @param {string} query
 * @param {object} [variables]
 * @returns {Promise<object[]>} The data of every result, when the operation is complete
 */
async function collect(client, query, variables) {
  const results = [];
  for await (const { data, errors } of client.iterate({ query, variables })) {
    if (errors) throw errors[0];
    // Without the null prototype that graphql gives it.
    results.push({ ...data });
  }
  return results;
}

module.exports = { collect, schema };
