using './main.bicep'

// What everybody has to say; each other parameter has a default, and a description in main.bicep.
param sourceEndpoint = readEnvironmentVariable('LAKEFERRY_SOURCE_ENDPOINT', '')

param name = readEnvironmentVariable('LAKEFERRY_NAME', 'lakeferry')

param fileSystems = split(readEnvironmentVariable('LAKEFERRY_FILE_SYSTEMS', 'lake'), ',')
