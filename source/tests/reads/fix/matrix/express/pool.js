module.exports = require('mysql2/promise').createPool({});
