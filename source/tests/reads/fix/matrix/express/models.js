module.exports = { Person: require('sequelize').define('Person', {}) };
