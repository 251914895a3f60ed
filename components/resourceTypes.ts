/** The types of resources that are looked for in a state and by policies, as Pulumi calls them. */
export const resourceTypes = {
  container: "docker:index/container:Container",
  network: "docker:index/network:Network",
  volume: "docker:index/volume:Volume",
  password: "random:index/randomPassword:RandomPassword",
  stateName: "random:index/randomId:RandomId",
  command: "command:local:Command",
} as const;
